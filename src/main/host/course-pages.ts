import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, extname, join, sep } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { isCourseFile } from "../../contract/ingest.ts";
import type { CoursePlace } from "../../contract/window.ts";

const PREFIX = "/course/";
/** Tickets that are good at once; the oldest goes first. */
const TICKETS_MAX = 100;

/**
 * What a browser may be given to show. Text of any kind is shown as plain text: a course's HTML must
 * not run on the origin that holds the key to the session.
 */
const SHOWN: Record<string, string> = {
  ".pdf": "application/pdf",
  ".md": "text/plain; charset=utf-8",
  ".markdown": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".html": "text/plain; charset=utf-8",
  ".htm": "text/plain; charset=utf-8",
};

/** Opens the course's own documents beside an answer, at the page that it cites: from this computer, also when the host is gone. */
export class CoursePages {
  readonly #folders: () => Promise<string[]>;
  readonly #tickets = new Map<string, string>();
  /** Of the server that calls `serve`; set once it listens. */
  origin = "";

  /** @param folders where course documents may lie now */
  constructor(folders: () => Promise<string[]>) {
    this.#folders = folders;
  }

  /**
   * Address, with the page in the fragment, under which the core's own server shows the document.
   *
   * @throws MentorError course-missing
   */
  async open({ file, page }: CoursePlace): Promise<{ url: string }> {
    const found = await this.#find(file);
    if (found === null)
      throw new MentorError("course-missing", `“${file}” is not on this computer now.`, { kept: "The passage beside the answer stays.", advice: "Plug in the stick that holds the course, or put the document back into its folder." });
    const ticket = randomBytes(16).toString("base64url");
    this.#tickets.set(ticket, found);
    if (this.#tickets.size > TICKETS_MAX) this.#tickets.delete(this.#tickets.keys().next().value!);
    return { url: `${this.origin}${PREFIX}${ticket}/${encodeURIComponent(basename(file))}${page === null ? "" : `#page=${page}`}` };
  }

  /** Answers a request for a document; false when it is for something else. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const path = (request.url ?? "").split(/[?#]/, 1)[0]!;
    if (!path.startsWith(PREFIX)) return false;
    const file = this.#tickets.get(path.slice(PREFIX.length).split("/", 1)[0]!);
    if (file === undefined || request.method !== "GET") {
      response.writeHead(file === undefined ? 410 : 405, { "content-type": "text/plain; charset=utf-8" }).end("Open the page again from the answer.\n");
      return true;
    }
    const type = SHOWN[extname(file).toLowerCase()];
    response.writeHead(200, {
      "content-type": type ?? "application/octet-stream",
      "content-disposition": `${type === undefined ? "attachment" : "inline"}; filename*=UTF-8''${encodeURIComponent(basename(file))}`,
      "content-security-policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    createReadStream(file).on("error", () => response.destroy()).pipe(response);
    return true;
  }

  /** Only a course document that really lies inside one of the folders, whatever links say. */
  async #find(file: string): Promise<string | null> {
    if (!isCourseFile(file)) return null;
    for (const folder of await this.#folders()) {
      try {
        const root = await realpath(folder);
        const real = await realpath(join(root, ...file.split("/")));
        if (real.startsWith(root + sep) && (await stat(real)).isFile()) return real;
      } catch {
        // Not in this folder.
      }
    }
    return null;
  }
}
