import { createServer } from "node:http";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CoursePages } from "../../../src/main/host/course-pages.ts";

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), "course-pages-"));
  const course = join(folder, "course");
  await mkdir(join(course, "week 1"), { recursive: true });
  await writeFile(join(course, "week 1", "Übung.pdf"), "%PDF-1.4 page");
  await writeFile(join(course, "page.html"), "<script>alert(1)</script>");
  await writeFile(join(folder, "secret.txt"), "not yours");
  await symlink(join(folder, "secret.txt"), join(course, "link.txt"));
  const pages = new CoursePages(async () => [join(folder, "gone"), course]);
  const server = createServer((request, response) => void (pages.serve(request, response) || response.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  pages.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  return pages;
}

test("a document is shown at its page, by an address that nobody can guess", async () => {
  const pages = await setUp();
  const { url } = await pages.open({ file: "week 1/Übung.pdf", page: 12 });
  expect(new URL(url).hash).toBe("#page=12");
  const answer = await fetch(url);
  expect(answer.headers.get("content-type")).toBe("application/pdf");
  expect(await answer.text()).toBe("%PDF-1.4 page");
  expect((await fetch(url.replace(/course\/[^/]+/, "course/guessed"))).status).toBe(410);
  expect((await fetch(new URL("/elsewhere", url))).status).toBe(404);
});

test("a course's HTML is shown as text: it must not run beside the key to the session", async () => {
  const pages = await setUp();
  const answer = await fetch((await pages.open({ file: "page.html", page: null })).url);
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
});

test.each(["../secret.txt", "link.txt", "/etc/passwd", "gone.pdf", "week 1", "settings.json"])("%s is not handed out", async (file) => {
  const pages = await setUp();
  await expect(pages.open({ file, page: null })).rejects.toMatchObject({ code: "course-missing" });
});
