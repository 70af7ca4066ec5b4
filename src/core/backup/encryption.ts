import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { MentorError } from "../../contract/errors.ts";

/**
 * Backups are encrypted in the age format (age-encryption.org), so that they can be opened without this
 * app: `key.age` is an age identity under the passphrase, all other files are encrypted to it.
 *
 *     age -d -i key.age rows-00001.parquet.age
 */
export const KEY_FILE = "key.age";
export const ENCRYPTED_SUFFIX = ".age";

/** scrypt's N is 2^16: 64 MiB of memory and about a second of this library's time for each try. */
const WORK_FACTOR = 16;

export interface BackupKey {
  /** `age1…`; public. */
  recipient: string;
  /** Content of `key.age`. */
  sealed: Uint8Array;
}

export async function newBackupKey(passphrase: string): Promise<BackupKey> {
  const identity = await generateX25519Identity();
  const lock = new Encrypter();
  lock.setPassphrase(passphrase);
  lock.setScryptWorkFactor(WORK_FACTOR);
  return { recipient: await identityToRecipient(identity), sealed: await lock.encrypt(`${identity}\n`) };
}

/** The identity in a `key.age`. @throws MentorError backup-passphrase-wrong */
export async function openBackupKey(sealed: Uint8Array, passphrase: string): Promise<string> {
  const lock = new Decrypter();
  lock.addPassphrase(passphrase);
  try {
    return (await lock.decrypt(sealed, "text")).trim();
  } catch (error) {
    throw new MentorError("backup-passphrase-wrong", "This is not the passphrase that the backup was made with.", { cause: error });
  }
}

export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity);

export async function* encrypted(plain: AsyncIterable<Uint8Array>, recipient: string): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(streamOf(plain));
}

/** Nothing that was altered comes out; but it comes as it is read, so whoever uses it waits for the end. @throws MentorError backup-damaged */
export async function* decrypted(cipher: AsyncIterable<Uint8Array>, identity: string, name: string): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    yield* await decrypter.decrypt(streamOf(cipher));
  } catch (error) {
    if (error instanceof MentorError) throw error;
    throw new MentorError("backup-damaged", `${name} cannot be decrypted: it was cut or altered.`, { cause: error });
  }
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done) controller.close();
        // Whoever gives the chunks may use their memory again.
        else controller.enqueue(new Uint8Array(value));
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
