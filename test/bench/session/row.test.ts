import { expect, test } from "vitest";
import { formatTable, toRow, type Case, type Measured } from "../../../bench/session/row.ts";
import { payloadLimit, PROFILES } from "../../../bench/upload/profiles.ts";

const B = PROFILES.find(({ name }) => name === "B")!;
const CLICK = Date.UTC(2026, 0, 1);

function measured(which: Case, seconds: number, bytesSent: number): Measured {
  const steps: Measured["steps"] = [
    { id: "find-model", startedAt: new Date(CLICK + 20).toISOString(), seconds: 0.3 },
    // The search model's load is hidden by the upload, and no part of the floor: the load begins where the upload ends.
    { id: "start-search", startedAt: new Date(CLICK + 2_000).toISOString(), seconds: 3 },
    { id: "upload-model", startedAt: new Date(CLICK + 1_000).toISOString(), seconds: 8 },
    { id: "start-llm", startedAt: new Date(CLICK + 9_000).toISOString(), seconds: 4 },
  ];
  return { case: which, readySeconds: seconds - 2, firstWordSeconds: seconds - 1, seconds, bytesSent, steps };
}

const tenSecondsOfLine = 10 * payloadLimit(B)!;

test("cold, a session may take a tenth and ten seconds more than the line for its bytes, and the load", () => {
  const row = toRow(B, 2 ** 31, CLICK, measured("cold", 25.3, tenSecondsOfLine));
  expect(row).toMatchObject({ case: "cold", profile: "B", modelBytes: 2 ** 31, loadSeconds: 4, floorSeconds: 14, limitSeconds: 25.4, met: true });
  expect(row.steps).toEqual([{ id: "find-model", at: 0.02, seconds: 0.3 }, { id: "start-search", at: 2, seconds: 3 }, { id: "upload-model", at: 1, seconds: 8 }, { id: "start-llm", at: 9, seconds: 4 }]);
  expect(toRow(B, 2 ** 31, CLICK, measured("cold", 25.5, tenSecondsOfLine)).met).toBe(false);
});

test.each(["warm", "volume"] as const)("with the model there (%s) it may take fifteen seconds and the load, whatever is sent", (which) => {
  expect(toRow(B, 2 ** 31, CLICK, measured(which, 18.9, tenSecondsOfLine))).toMatchObject({ floorSeconds: 14, limitSeconds: 19, met: true });
  expect(toRow(B, 2 ** 31, CLICK, measured(which, 19.1, 0))).toMatchObject({ floorSeconds: 4, limitSeconds: 19, met: false });
});

test("the table says what was missed, and below it when each step began", () => {
  const [, , cold, warm, , steps] = formatTable([toRow(B, 2 ** 31, CLICK, measured("cold", 25.3, tenSecondsOfLine)), toRow(B, 2 ** 31, CLICK, measured("warm", 30, 0))]).split("\n");
  expect(cold).toBe("| cold | 25.3 | 14.0 | 25.4 | met | 24.3 | 23.3 | 1176.9 | 4.0 |");
  expect(warm).toContain("| missed |");
  expect(steps).toBe("cold: find-model 0.0+0.3, start-search 2.0+3.0, upload-model 1.0+8.0, start-llm 9.0+4.0");
});
