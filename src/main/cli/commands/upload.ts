import { resolve } from "node:path";
import { MentorError } from "../../../contract/errors.ts";
import type { UploadRequest, UploadResult } from "../../../contract/upload.ts";
import type { CommandContext } from "../command.ts";
import { withCore, type CoreClient } from "../core.ts";
import { fromWire, reportOf } from "../failure.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";
import { askPassphrase } from "../run-session.ts";
import { formatBytes, formatSeconds } from "../units.ts";

export interface UploadOptions {
  ssh: string;
  identity: string;
  to: string;
  trust?: string;
  mirror?: string;
}

/** Needs no session: the file is sent and proven, and goes on where an earlier attempt stopped. */
export async function upload(file: string, { ssh, identity, to, trust, mirror }: UploadOptions, { output, connect }: CommandContext): Promise<void> {
  const { cwd } = output.terminal;
  const request: UploadRequest = { file: resolve(cwd, file), address: ssh, identity: resolve(cwd, identity), to, trustFingerprint: trust, mirror };
  const uploaded = await withCore(connect, (client) => send(client, request, output));
  output.line(uploaded.skipped ? `Already there and proven: ${uploaded.path}` : `Sent and proven: ${uploaded.path}, ${formatBytes(uploaded.bytes)} in ${formatSeconds(uploaded.seconds)}`);
  output.line(`  sha256 ${uploaded.sha256}`);
  if (uploaded.published !== undefined) output.line(`  ${describePublished(uploaded.published)}`);
  if (uploaded.bytesKept > 0 && !uploaded.skipped) output.line(`  ${formatBytes(uploaded.bytesKept)} of it were there from an earlier attempt`);
  if (uploaded.bytesFromMirror > 0) output.line(`  ${formatBytes(uploaded.bytesFromMirror)} of it came from the mirror`);
  if (uploaded.mirrorFault !== undefined) output.line(`  the mirror was given up: ${uploaded.mirrorFault}`);
  output.result("upload", { uploaded });
}

const describePublished = ({ name, genuine }: NonNullable<UploadResult["published"]>): string =>
  genuine ? `this is ${name} as its publisher offers it` : `this is not ${name} as its publisher offers it: it may be damaged or altered`;

async function send(client: CoreClient, request: UploadRequest, output: Output): Promise<UploadResult> {
  const view = createProgressView(output, "Send");
  try {
    for await (const event of await client.upload.run(request, { signal: output.terminal.interrupt })) {
      output.event(event);
      if (event.type === "done") return event.result;
      view.update(event.progress);
    }
  } catch (thrown) {
    view.finish();
    const passphrase = await askPassphrase(reportOf(thrown), request.identity, output);
    if (passphrase === null) throw fromWire(thrown);
    return send(client, { ...request, passphrase }, output);
  } finally {
    view.finish();
  }
  throw new MentorError("upload-failed", "The upload ended without a result.");
}
