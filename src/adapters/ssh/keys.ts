import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { MentorError } from "../../contract/errors.ts";
import { keyFingerprint } from "./known-hosts.ts";

/** A key pair of the app's own. */
export interface AppKey {
  /** Path of the private key file. */
  path: string;
  /** One line, for the host's authorized_keys or a provider's console. */
  publicKey: string;
  /** `SHA256:…` */
  fingerprint: string;
}

const NAME = /^ai-mentor_ed25519(_\d+)?$/;

/** Makes a fresh Ed25519 pair in `folder` (0700), the private half with mode 0600. Never overwrites one. */
export async function makeKey(folder: string): Promise<AppKey> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const comment = `ai-mentor@${hostname().replaceAll(/[^A-Za-z0-9.-]/g, "_")}`;
  const pair = freshPair(comment);
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? "ai-mentor_ed25519" : `ai-mentor_ed25519_${number}`);
    try {
      await writeFile(path, pair.private, { mode: 0o600, flag: "wx", flush: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    await writeFile(`${path}.pub`, `${pair.public.trim()}\n`, { mode: 0o644 });
    return readKey(path);
  }
}

/** ssh2 1.17.0 drops a zero that one of the halves begins with: one pair in about 180 is damaged and opens nothing. */
export function freshPair(comment: string): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    const parsed = ssh2.utils.parseKey(pair.private);
    if (!(parsed instanceof Error) && parsed.getPublicSSH().toString("base64") === pair.public.split(" ")[1]) return pair;
  }
}

/** The app's own pairs in `folder`, oldest name first; none when the folder is not there. */
export async function listKeys(folder: string): Promise<AppKey[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const own = names.filter((name) => NAME.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return Promise.all(own.map((name) => readKey(join(folder, name))));
}

async function readKey(path: string): Promise<AppKey> {
  const publicKey = (await readFile(`${path}.pub`, "utf8")).trim();
  const blob = publicKey.split(" ")[1];
  if (blob === undefined) throw new MentorError("key-invalid", `${path}.pub holds no public key.`);
  return { path, publicKey, fingerprint: keyFingerprint(Buffer.from(blob, "base64")) };
}
