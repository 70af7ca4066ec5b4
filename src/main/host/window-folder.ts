import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where the window's built files lie, seen from the sources and from the packaged app. */
export function windowFolder(): string {
  const places = [join(import.meta.dirname, "../renderer"), join(import.meta.dirname, "../../../dist/renderer")];
  return places.find((place) => existsSync(join(place, "index.html"))) ?? places.at(-1)!;
}
