import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readDocument } from "../../../remote/api/documents/read.ts";
import { embeddingText, toPassages } from "../../../remote/api/passages.ts";
import { makePdf } from "../../parts/pdf.ts";
import { makeZip } from "../../parts/zip.ts";

const read = (file: string, text: string | Uint8Array) => readDocument(file, typeof text === "string" ? Buffer.from(text) : text);

test("Markdown keeps the path of headings, and takes no heading out of a code block", async () => {
  const sections = await read("a.md", "---\ntitle: x\n---\nBefore.\n\n# One\n\ntext\n\n## `Two` [link](http://x)\n\n```sh\n# no heading\n```\n\nThree\n=====\n\nend");
  expect(sections).toEqual([
    { headings: [], page: null, text: "Before." },
    { headings: ["One"], page: null, text: "text" },
    { headings: ["One", "Two link"], page: null, text: "```sh\n# no heading\n```" },
    { headings: ["Three"], page: null, text: "end" },
  ]);
});

test("a PDF keeps its pages, and its larger lines are headings", async () => {
  const pdf = makePdf([
    [{ size: 24, text: "Chapter One" }, { size: 11, text: "The first page tells of apples and of pears." }],
    [{ size: 11, text: "The second page goes on with plums." }, { size: 16, text: "Berries" }, { size: 11, text: "Berries are small." }],
  ]);
  expect(await read("a.pdf", pdf)).toEqual([
    { headings: ["Chapter One"], page: 1, text: "The first page tells of apples and of pears." },
    { headings: ["Chapter One"], page: 2, text: "The second page goes on with plums." },
    { headings: ["Chapter One", "Berries"], page: 2, text: "Berries are small." },
  ]);
});

test("while a book is read, whoever asks something else is answered", async () => {
  const pages = Array.from({ length: 20 }, (_, page) => [{ size: 11, text: `This is page ${page}.` }]);
  let turns = 0;
  let reading = true;
  const ask = () => void (reading && (turns++, setImmediate(ask)));
  ask();
  await read("a.pdf", makePdf(pages));
  reading = false;
  expect(turns).toBeGreaterThanOrEqual(pages.length);
});

test("plain text has underlined, numbered and standing-alone headings", async () => {
  const sections = await read("a.txt", "Title\n=====\n\nIntro text here.\n\n1.2 Loops\n\nA loop repeats.\n\nOverview\n\nDetails\n\nThe last words.\n");
  expect(sections.map(({ headings, text }) => [headings, text])).toEqual([
    [["Title"], "Intro text here."],
    [["Title", "1.2 Loops"], "A loop repeats."],
    [["Title", "1.2 Loops", "Overview", "Details"], "The last words."],
  ]);
});

test("HTML keeps headings, and leaves menus and scripts out", async () => {
  const sections = await read("a.html", "<html><head><title>t</title></head><body><nav>menu</nav><h1>One &amp; all</h1><p>Text <b>bold</b>.</p><script>x()</script><ul><li>item</li></ul></body></html>");
  expect(sections).toEqual([{ headings: ["One & all"], page: null, text: "Text bold.\n\nitem" }]);
});

test("slides keep their number and title, in the order of the show", async () => {
  const slide = (title: string, body: string) => `<p:sld><p:sp><p:nvPr><p:ph type="title"/></p:nvPr><a:p><a:r><a:t>${title}</a:t></a:r></a:p></p:sp><p:sp><a:p><a:r><a:t>${body}</a:t></a:r></a:p></p:sp></p:sld>`;
  const pptx = makeZip({
    "ppt/presentation.xml": '<p:presentation><p:sldIdLst><p:sldId r:id="r2"/><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>',
    "ppt/_rels/presentation.xml.rels": '<Relationships><Relationship Id="r1" Target="slides/slide1.xml"/><Relationship Id="r2" Target="/ppt/slides/slide2.xml"/></Relationships>',
    "ppt/slides/slide1.xml": slide("Last", "the end"),
    "ppt/slides/slide2.xml": slide("First", "a &amp; b"),
  });
  expect(await read("a.pptx", pptx)).toEqual([
    { headings: ["First"], page: 1, text: "a & b" },
    { headings: ["Last"], page: 2, text: "the end" },
  ]);
});

test.each([
  ["broken.pdf", "%PDF-1.7 cut", "damaged"],
  ["broken.docx", "PK no zip", "damaged"],
  ["broken.pptx", "PK no zip", "damaged"],
  ["empty.txt", "", "empty"],
  ["blank.md", "  \n\n ", "no text"],
  ["picture.jpg", "x", "cannot be read"],
])("%s is refused in plain words", async (file, content, words) => {
  await expect(read(file, content)).rejects.toThrow(words);
});

test("text in Windows' alphabet and in UTF-16 is read", async () => {
  expect((await read("a.txt", Buffer.from("Gr\xfc\xdfe aus K\xf6ln.", "latin1")))[0]!.text).toBe("Grüße aus Köln.");
  expect((await read("a.txt", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("Grüße.", "utf16le")])))[0]!.text).toBe("Grüße.");
});

test("no passage is longer than asked, crosses a heading, or loses a word", () => {
  const words = Array.from({ length: 400 }, (_, index) => `word${index}${index % 9 === 8 ? "." : ""}`);
  const sections = [
    { headings: ["A"], page: 1, text: words.join(" ") },
    { headings: ["B"], page: 1, text: "short" },
    { headings: [], page: null, text: "x".repeat(2000) },
    { headings: ["漢"], page: null, text: "漢字".repeat(300) },
  ];
  const passages = toPassages("a.md", sections, { size: 200, overlap: 30 });
  const of = (section: string | null) => passages.filter(({ metadata }) => metadata.section === section);
  expect(Math.max(...passages.map(({ text }) => text.length))).toBeLessThanOrEqual(200);
  expect(Math.max(...of("漢").map(({ text }) => text.length))).toBeLessThanOrEqual(50);
  for (const word of words) expect(of("A").some(({ text }) => text.split(/\s+/).includes(word))).toBe(true);
  expect(of("B").map(({ text }) => text)).toEqual(["short"]);
  expect(of(null).map(({ text }) => text).join("")).toBe("x".repeat(2000));
  expect(of("漢").map(({ text }) => text).join("").length).toBeGreaterThanOrEqual(600);
  expect(passages.map(({ metadata }) => metadata.passage)).toEqual(passages.map((_, index) => index));
  expect(embeddingText(of("B")[0]!)).toBe("B\nshort");
});

test("neighbouring passages share a little", () => {
  const text = Array.from({ length: 40 }, (_, index) => `Sentence number ${index} is here.`).join(" ");
  const [first, second] = toPassages("a.md", [{ headings: [], page: null, text }], { size: 200, overlap: 40 });
  expect(first!.text.endsWith(second!.text.slice(0, 20))).toBe(false);
  expect(first!.text).toContain(second!.text.slice(0, 15));
});

test("the course's own files are all read", async (context) => {
  const folder = new URL("../../../../shared/course/documents/", import.meta.url);
  const files = ["01-statements.pdf", "05-loops.docx", "08-strings.pptx", "10-dictionaries.md", "13-inheritance.html", "15-data-science.txt"];
  const sections = ["Background", "While loop", "String operations", "Dictionary basics", "Inheritance basics", "Introduction to data science"];
  for (const [index, file] of files.entries()) {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(new URL(file, folder));
    } catch {
      return context.skip("The shared course is not on this machine.");
    }
    expect((await readDocument(file, bytes)).flatMap(({ headings }) => headings)).toContain(sections[index]);
  }
});
