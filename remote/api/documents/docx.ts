import mammoth from "mammoth";
import { readHtml } from "./html.ts";
import type { Section } from "./section.ts";

/** Word's heading styles become headings; pictures are left out. */
export async function readDocx(bytes: Uint8Array): Promise<Section[]> {
  const { value } = await mammoth.convertToHtml(
    { buffer: Buffer.from(bytes) },
    { convertImage: mammoth.images.imgElement(async () => ({ src: "" })), styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"] },
  );
  return readHtml(value);
}
