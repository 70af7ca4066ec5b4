import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

export const PAGE_SCHEME = "app";
export const PAGE_URL = `${PAGE_SCHEME}://mentor/index.html`;

/** No script, style or connection but our own files; the page talks through its MessagePort alone. */
export const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** Answers `app://mentor/…` from the window's folder, and nothing outside of it. */
export async function servePage(folder: string, url: string): Promise<Response> {
  const { host, pathname } = new URL(url);
  const file = normalize(join(folder, decodeURIComponent(pathname)));
  const type = TYPES[extname(file)];
  if (host !== "mentor" || !file.startsWith(folder + sep) || type === undefined) return new Response("Not found", { status: 404 });
  try {
    const body = await readFile(file);
    return new Response(new Uint8Array(body), {
      headers: { "content-type": type, "content-security-policy": PAGE_POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" },
    });
  } catch {
    return new Response("Not found", { status: 404 });
  }
}
