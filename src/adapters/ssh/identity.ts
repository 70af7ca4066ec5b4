import { createPrivateKey } from "node:crypto";
import { open } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { MentorError } from "../../contract/errors.ts";

/** Real keys are a few kilobytes; anything bigger is some other file. */
const MAX_KEY_BYTES = 64 * 1024;

/**
 * Reads a private key file. The passphrase is used here and kept nowhere.
 * Throws `key-missing`, `key-invalid`, `key-putty`, `key-encrypted` or `key-passphrase-wrong`.
 */
export async function loadIdentity(path: string, passphrase?: string): Promise<ParsedKey> {
  const text = await readKeyFile(path);
  const invalid = (reason: string, cause?: unknown) => new MentorError("key-invalid", `${path} ${reason}.`, { cause });

  if (text.startsWith("PuTTY-User-Key-File")) throw new MentorError("key-putty", `${path} is a key in PuTTY's format.`);
  if (/^(ssh|ecdsa|sk)-\S+ AAAA|^---- BEGIN SSH2 PUBLIC|^-----BEGIN (RSA )?PUBLIC/.test(text)) {
    throw invalid("is the public half of a key; the private one usually has the same name without .pub");
  }
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text)) throw invalid("holds no private key");

  const encrypted = isEncrypted(text);
  if (encrypted && !passphrase) throw new MentorError("key-encrypted", `${path} is protected by a passphrase.`);
  let parsed: ParsedKey | Error | (ParsedKey | Error)[];
  try {
    parsed = ssh2.utils.parseKey(asParsable(text, passphrase), passphrase);
  } catch (error) {
    parsed = error as Error;
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) {
    // Said of a key that was opened. OpenSSL's own "error:…unsupported" is a wrong passphrase too: one in
    // about 256 leaves valid padding, and then what comes out cannot be decoded.
    if (encrypted && !/^unsupported/i.test(key?.message ?? "")) {
      throw new MentorError("key-passphrase-wrong", `The passphrase does not open ${path}.`);
    }
    throw invalid("is damaged, or a kind of key that cannot be used", key);
  }
  if (!key.isPrivateKey()) throw invalid("holds no private key");
  return key;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const stats = await file.stat();
    if (stats.isDirectory()) throw new MentorError("key-invalid", `${path} is a folder.`);
    if (stats.size > MAX_KEY_BYTES) throw new MentorError("key-invalid", `${path} is too big to be a key (${stats.size} bytes).`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_KEY_BYTES), 0, MAX_KEY_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead).replace(/^\uFEFF/, "").replaceAll("\r\n", "\n").trimStart();
  } catch (error) {
    if (error instanceof MentorError) throw error;
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new MentorError("key-missing", `The key file ${path} ${reason}.`, { cause: error });
  }
}

function isEncrypted(text: string): boolean {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY/m.test(text) || /^Proc-Type: 4,ENCRYPTED/m.test(text)) return true;
  const body = /BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)/.exec(text)?.[1];
  if (body === undefined) return false;
  // "openssh-key-v1\0", then the cipher's name as a length and its bytes.
  const bytes = Buffer.from(body, "base64");
  return bytes.length > 23 && bytes.toString("latin1", 19, 23) !== "none";
}

/** ssh2 does not read PKCS#8, the format that OpenSSL and cloud consoles write; Node does. */
function asParsable(text: string, passphrase: string | undefined): string {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY/m.test(text)) return text;
  const key = createPrivateKey({ key: text, passphrase: passphrase ?? "" });
  if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs1", format: "pem" }) as string;
  if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" }) as string;
  throw new Error(`unsupported key type ${key.asymmetricKeyType}`);
}
