import { milvusAddress } from "../../../contract/milvus-url.ts";
import { toErrorReport } from "../../../contract/errors.ts";
import type { MilvusCapabilities, MilvusCheckRequest } from "../../../contract/milvus.ts";
import { rememberMilvus } from "../../../core/host/last-milvus.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { EndpointKeys } from "../endpoint-keys.ts";
import { askKit } from "./ask-kit.ts";
import { ownPlace } from "./services.ts";
import type { StepTools } from "./tools.ts";

/** Other versions' images take a gigabyte or two each; that one cannot be removed keeps no session from its work. */
async function tidy({ facts, signal, log }: StepContext): Promise<void> {
  try {
    await facts.requireHandle("agent").serviceProven("milvus", signal);
  } catch (error) {
    signal.throwIfAborted();
    log("warn", `Images of other Milvus versions may still lie on the host: ${toErrorReport(error).message}`);
  }
}

/** Milvus, asked from the host for all that the mentor will ask of it: what it lacks is said now. A new server of ours gets its password here. */
export function checkMilvus({ secrets, redact }: StepTools): StepImplementation {
  const tokenOf = async ({ request }: StepContext): Promise<string | null> => {
    const token = request.milvusUrl === undefined ? null : await new EndpointKeys(secrets).milvus();
    if (token !== null) redact(token);
    return token;
  };
  return {
    id: "check-milvus",
    async run(context) {
      const { facts, request, log } = context;
      const chosen = facts.get("milvus") ?? { kind: "lite" as const, reason: "An earlier version started this session." };
      const question: MilvusCheckRequest =
        request.milvusUrl === undefined
          ? { target: { address: `127.0.0.1:${facts.require("ports").milvus}` }, tokenFile: ownPlace(facts).tokenFile }
          : { target: { ...milvusAddress(request.milvusUrl), token: await tokenOf(context) } };
      const capabilities = await askKit<MilvusCapabilities>(context, "--check-milvus", question, "The check of the course store");
      facts.set("milvus", { ...chosen, capabilities });
      // From now on the course may be in it.
      if (chosen.kind !== "remote") await rememberMilvus(facts.requireHandle("host"), facts.require("layout"), chosen.kind, chosen.image);
      if (chosen.kind === "image") await tidy(context);
      const { version, enforcesUsers, hybridSearch, bm25 } = capabilities;
      log("info", `Milvus ${version}: users ${enforcesUsers ? "enforced" : "not enforced"}, hybrid search ${bm25 || hybridSearch ? "there" : "not there"}, search for words ${bm25 ? "there" : "not there"}.`);
      if (chosen.kind === "remote" && !enforcesUsers) log("warn", "This Milvus lets anybody in who reaches it: everything in it can be read and removed without a token.");
      return { outcome: `Milvus ${version.replace(/^v/, "")}` };
    },
    // It leaves nothing on the host; what it found is among the facts. The token must be known again, to be kept out of the logs.
    async adopt(context) {
      await tokenOf(context);
      return context.facts.get("milvus")?.capabilities !== undefined;
    },
  };
}
