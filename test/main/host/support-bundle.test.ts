import { expect, test } from "vitest";
import type { SessionSnapshot } from "../../../src/contract/session.ts";
import { Settings } from "../../../src/contract/settings.ts";
import { createRedaction } from "../../../src/main/host/redaction.ts";
import { supportBundle } from "../../../src/main/host/support-bundle.ts";

const HERE = { home: "/home/anna", user: "anna", computer: "annas-laptop" };

/** What must not leave, and where it may stand. */
const PLANTED: [what: string, line: string][] = [
  ["rpa_4JD92KFQ0SLX8", "key rpa_4JD92KFQ0SLX8 was refused"],
  ["sk-live-abcdef0123456789", "POST with sk-live-abcdef0123456789"],
  ["hunter2-hunter2", "passphrase: hunter2-hunter2"],
  ["eyJhbGciOi", "Authorization: Bearer eyJhbGciOi.J9.x"],
  ["b3BlbnNzaC1rZXk", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"],
  ["203.0.113.7", "root@203.0.113.7:22022 does not answer"],
  ["2001:db8::17", "reached [2001:db8::17]:22"],
  ["gpu.school.example", "https://gpu.school.example/v1 answers 401"],
  ["anna", "/home/anna/.ssh/id_ed25519 is read by anna on annas-laptop"],
  ["anna.maier@school.example", "asked by anna.maier@school.example"],
  ["lecture-04", "lecture-04.pdf was left out"],
  ["Maria", "“Maria's thesis draft.docx” was read"],
  ["uNiVztksCsDhcc0u9e8BgrJXVGDRVLbHTuBtHrpCZ0k", "host key SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDRVLbHTuBtHrpCZ0k"],
];

test.each(PLANTED)("%s does not leave this computer", (what, line) => {
  expect(createRedaction(HERE)(line).toLowerCase()).not.toContain(what.toLowerCase());
});

test("what helps stays: codes, figures, paths' ends, this computer's own addresses, and which host was meant", () => {
  const redact = createRedaction(HERE);
  expect(redact("GET http://127.0.0.1:8000/api/health 200 in 12 ms")).toBe("GET http://127.0.0.1:8000/api/health 200 in 12 ms");
  expect(redact("ENOENT: /home/anna/.ssh/id_ed25519")).toBe("ENOENT: ~/.ssh/id_ed25519");
  expect(redact("root@203.0.113.7:22022")).toBe("user@host-1:22022");
  expect(redact("198.51.100.2 then 203.0.113.7")).toBe("host-2 then host-1");
  expect(redact("needs-help, on ssh, model of 98000000 bytes")).toBe("needs-help, on ssh, model of 98000000 bytes");
  expect(redact("2026-11-24T08:00:00.000Z Node v24.11.1, driver 570.86.10")).toContain("08:00:00.000Z");
});

test("the bundle tells the story of the session, and all of it is redacted", () => {
  const session = {
    phase: "needs-help",
    host: { kind: "ssh", label: "root@203.0.113.7:22022" },
    model: { file: "m.gguf", name: "Small", bytes: 98_000_000 },
    startedAt: "2026-11-24T08:00:00.000Z",
    readyAt: null,
    stoppedAt: null,
    error: { code: "host-silent", message: "203.0.113.7 does not answer.", causes: ["connect ETIMEDOUT 203.0.113.7:22022"] },
    steps: [{ id: "connect", status: "failed", startedAt: "2026-11-24T08:00:00.000Z", endedAt: "2026-11-24T08:00:03.000Z", outcome: null, error: { code: "host-silent", message: "203.0.113.7 does not answer." } }],
  } as unknown as SessionSnapshot;
  const { fileName, text } = supportBundle(
    {
      info: { version: "0.1.0", shell: "background", platform: "linux", computer: "annas-laptop", dataFolder: "/home/anna/data" },
      settings: Settings.parse({ hosts: [{ address: "root@203.0.113.7", identity: "/home/anna/k", label: "x" }] }),
      session,
      history: [],
      logs: PLANTED.map(([, line], index) => ({ seq: index, at: "2026-11-24T08:00:01.000Z", source: "app", level: "info", text: line })),
      now: new Date("2026-11-24T08:05:00.000Z"),
    },
    createRedaction(HERE),
  );
  expect(fileName).toBe("ai-mentor-support-2026-11-24T08-05.txt");
  expect(text).toContain("connect: failed in 3.0 s [host-silent] host-1 does not answer.");
  expect(text).toContain("because: connect ETIMEDOUT host-1:22022");
  for (const [what] of PLANTED) expect.soft(text.toLowerCase()).not.toContain(what.toLowerCase());
});
