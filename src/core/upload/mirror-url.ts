import { MentorError } from "../../contract/errors.ts";

const HUGGING_FACE = ["huggingface.co", "www.huggingface.co", "hf.co"];
const PART_NUMBER = /-\d{5}-of-\d{5}(?=\.gguf\b)/i;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The address of a file, as a mirror is asked for it: a page of Hugging Face becomes the file that it
 * shows. Throws `input-invalid` for what is no address, or not asked over HTTPS; plain HTTP does for
 * the host's own loopback only.
 */
export function parseMirrorUrl(text: string): string {
  const invalid = (reason: string) =>
    new MentorError("input-invalid", `The mirror's address cannot be used: ${reason}.`, { advice: "Give the address of the file itself, as in https://huggingface.co/OWNER/NAME/resolve/main/MODEL.gguf." });
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw invalid("it is no web address");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) throw invalid("it must begin with https://");
  // It is written down, and told to the host.
  if (url.username !== "" || url.password !== "") throw invalid("it holds a name or a password");
  if (url.pathname === "/") throw invalid("it names no file");
  url.hash = "";
  if (HUGGING_FACE.includes(url.hostname)) url.pathname = url.pathname.replace(/^((?:\/datasets)?\/[^/]+\/[^/]+)\/blob\//, "$1/resolve/");
  return url.href;
}

/** The address of one file of a model, from that of another: a model's files lie beside each other, and differ in their number. */
export function mirrorUrlOfPart(url: string, file: string): string {
  const number = PART_NUMBER.exec(file)?.[0];
  return number === undefined ? url : url.replace(PART_NUMBER, number);
}
