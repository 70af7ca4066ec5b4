// Ends without an error where ssh2's native part, its only argument, loads in this Node and encrypts
// as Node's own crypto does: one that was built for another OpenSSL could load and then fail.
import assert from "node:assert";
import { createCipheriv, randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const { AESGCMCipher } = createRequire(import.meta.url)(process.argv[2]);

const [LENGTH_BYTES, TAG_BYTES] = [4, 16];
const [key, iv, packet] = [randomBytes(16), randomBytes(12), randomBytes(LENGTH_BYTES + 64)];

const cipher = createCipheriv("aes-128-gcm", key, iv).setAAD(packet.subarray(0, LENGTH_BYTES));
const expected = Buffer.concat([packet.subarray(0, LENGTH_BYTES), cipher.update(packet.subarray(LENGTH_BYTES)), cipher.final(), cipher.getAuthTag()]);

const sealed = Buffer.concat([packet, Buffer.alloc(TAG_BYTES)]);
new AESGCMCipher("aes-128-gcm", key, iv).encrypt(sealed);
assert.deepEqual(sealed, expected);
