import { join } from "node:path";

/** Where `npm run build` puts the window's files, seen from the sources and from the packaged app. */
export const windowFolder = (): string => join(import.meta.dirname, "../../../dist/renderer");
