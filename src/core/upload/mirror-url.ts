import { MentorError } from "../../contract/errors.ts";
import { mirrorFault, type MirrorFault } from "../../contract/mirror-url.ts";

const HUGGING_FACE = ["huggingface.co", "www.huggingface.co", "hf.co"];
const PART_NUMBER = /-\d{5}-of-\d{5}(?=\.gguf\b)/i;
/** As the end of a sentence. */
const REASONS: Record<MirrorFault, string> = {
  address: "it is no web address",
  https: "it must begin with https://",
  password: "it holds a name or a password",
  file: "it names no file",
};

/**
 * The address of a file, as a mirror is asked for it: a page of Hugging Face becomes the file that it
 * shows. Throws `input-invalid` for what is no address, or not asked over HTTPS; plain HTTP does for
 * the host's own loopback only.
 */
export function parseMirrorUrl(text: string): string {
  const fault = mirrorFault(text);
  if (fault !== null) throw new MentorError("input-invalid", `The mirror's address cannot be used: ${REASONS[fault]}.`, { advice: "Give the address of the file itself, as in https://huggingface.co/OWNER/NAME/resolve/main/MODEL.gguf." });
  const url = new URL(text);
  url.hash = "";
  if (HUGGING_FACE.includes(url.hostname)) url.pathname = url.pathname.replace(/^((?:\/datasets)?\/[^/]+\/[^/]+)\/blob\//, "$1/resolve/");
  return url.href;
}

/** The address of one file of a model, from that of another: a model's files lie beside each other, and differ in their number. */
export function mirrorUrlOfPart(url: string, file: string): string {
  const number = PART_NUMBER.exec(file)?.[0];
  return number === undefined ? url : url.replace(PART_NUMBER, number);
}
