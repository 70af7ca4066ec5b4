import { join } from "node:path";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import type { UploadProgress } from "../../../src/contract/upload.ts";
import { firstLanes } from "../../../src/core/upload/lane-policy.ts";
import { uploadFile } from "../../../src/core/upload/upload.ts";
import type { Link } from "../link.ts";
import { randomSource } from "./random-source.ts";
import type { Recording } from "./recording.ts";

export interface SenderJob {
  link: Link;
  bytes: number;
  /** Absolute paths of folders: on the pod, and an empty one of this computer. */
  folder: string;
  scratch: string;
  /** Into the upload, when the window is looked at. */
  atSeconds: number;
}

const { link, bytes, folder, scratch, atSeconds } = JSON.parse(process.argv[2]!) as SenderJob;
const connector = new SshConnector(join(scratch, "known-hosts.json"), systemClock);
const host = await connector.connect({ kind: "ssh", address: `${link.user}@${link.host}:${link.port}`, identity: link.privateKey }, undefined, { lanes: firstLanes });
try {
  const begun = systemClock.now();
  const since = () => (systemClock.now() - begun) / 1000;
  const trace: Recording["trace"] = [];
  let seen: UploadProgress | null = null;
  const onProgress = (progress: UploadProgress) => {
    trace.push([since(), progress.done]);
    if (since() <= atSeconds) seen = progress;
  };
  await uploadFile({ host, source: randomSource(bytes), destination: folder, into: "folder", clock: systemClock, signal: new AbortController().signal, onProgress });
  process.stdout.write(JSON.stringify({ bytes, seconds: since(), trace, seen } satisfies Omit<Recording, "profile">));
} finally {
  await host.close();
}
process.exit();
