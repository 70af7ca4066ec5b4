import type { SafeStorage } from "electron";
import { SEALED } from "../../adapters/local/secrets.ts";
import type { Secrets } from "../../core/ports.ts";

/** Seals every value with the system's key store before it reaches the files below. */
export function sealedSecrets(files: Secrets, safeStorage: Pick<SafeStorage, "isEncryptionAvailable" | "encryptString" | "decryptString">): Secrets {
  return {
    async get(name) {
      const value = await files.get(name);
      if (value === null || !value.startsWith(SEALED)) return value;
      return safeStorage.decryptString(Buffer.from(value.slice(SEALED.length), "base64"));
    },
    async set(name, value) {
      const sealed = safeStorage.isEncryptionAvailable() ? SEALED + safeStorage.encryptString(value).toString("base64") : value;
      await files.set(name, sealed);
    },
    delete: (name) => files.delete(name),
  };
}
