import { join } from "node:path";
import { systemClock } from "../../src/adapters/local/clock.ts";
import { SshConnector } from "../../src/adapters/ssh/connector.ts";
import { firstLanes } from "../../src/core/upload/lane-policy.ts";
import { uploadFile } from "../../src/core/upload/upload.ts";
import type { Job } from "./tool.ts";

// Without a job only its modules are loaded.
if (process.argv[2] === undefined) process.exit();
const { link, file, folder, scratch, mirrorUrl } = JSON.parse(process.argv[2]) as Job;
const connector = new SshConnector(join(scratch, "known-hosts.json"), systemClock);
const host = await connector.connect({ kind: "ssh", address: `${link.user}@${link.host}:${link.port}`, identity: link.privateKey }, undefined, { lanes: firstLanes });
try {
  let lanes = 0;
  let retries = 0;
  const onProgress = (progress: { lanes: number; retries: number }) => {
    lanes = Math.max(lanes, progress.lanes);
    ({ retries } = progress);
  };
  const mirror = mirrorUrl === undefined ? undefined : { url: mirrorUrl };
  const { bytesFromMirror, mirrorFault } = await uploadFile({ host, source: file, destination: folder, into: "folder", mirror, clock: systemClock, signal: new AbortController().signal, onProgress });
  const fromMirror = mirror === undefined ? "" : `, ${(bytesFromMirror / 1e6).toFixed(0)} MB from the mirror${mirrorFault === undefined ? "" : ` (${mirrorFault})`}`;
  process.stdout.write(`most lanes ${lanes}, retries ${retries}${fromMirror}\n`);
} finally {
  await host.close();
}
// As the command line does: sockets that are still closing hold nobody back.
process.exit();
