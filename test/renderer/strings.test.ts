import { expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";
import { STEP_IDS } from "../../src/contract/plan.ts";
import { de } from "../../src/renderer/strings/de.ts";
import { en } from "../../src/renderer/strings/en.ts";

/** All texts with their places; functions are called with figures. */
function texts(words: object, place = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] => {
    const here = `${place}.${key}`;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, here.endsWith("endpoint.summary") ? "" : String(value(2, 3, 4, 5))]];
    return texts(value as object, here);
  });
}

/** The same in both languages: names, figures, symbols. */
const SAME = /^(\.locale|\.product|\.connection\.command|\.views\.chat|\.welcome\.steps\.0|\.chat\.(title|mentor|exportName)|\.settings\.(languages|version)|\.logs\.(services|levelNames)|\.host\.|\.amounts|\.rent\.|\.stick\.facts|\.settings\.storageRows|\.now\.deadlineIn|\.session\.(when|stores)|\.logs\.|\.help\.)/;

test("German says everything in its own words, with the same figures in them", () => {
  const english = Object.fromEntries(texts({ ...en, errors: {}, steps: {} }));
  const german = texts({ ...de, errors: {}, steps: {} });
  expect(german.map(([place]) => place)).toEqual(Object.keys(english));
  expect(german.filter(([place, text]) => text === english[place] && text !== "" && !SAME.test(place))).toEqual([]);
  expect(german.filter(([place, text]) => text.includes("undefined") || (english[place]!.includes("4") && !text.includes("4")))).toEqual([]);
});

test("every error and every step has its German words", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    for (const part of ["title", "kept", "advice"] as const) expect.soft(de.errors[code][part], code).not.toBe(ERRORS[code][part]);
  }
  expect(Object.keys(de.steps).sort()).toEqual([...STEP_IDS].sort());
});

test("one and several are told apart", () => {
  expect(en.chat.sources(1)).toBe("1 source");
  expect(en.documents.count(2400, 1)).toBe("2,400 documents · 1 passage");
  expect(de.documents.count(2400, 1)).toBe("2.400 Dokumente · 1 Textstelle");
});
