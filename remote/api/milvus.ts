import type { ApiServiceConfig } from "../../src/contract/agent.ts";
import type { MilvusCapabilities, MilvusCheckRequest, MilvusTarget } from "../../src/contract/milvus.ts";
import { probeCapabilities } from "../milvus/capabilities.ts";
import { claimServer, resetPassword } from "../milvus/claim.ts";
import { ownToken } from "../milvus/own-token.ts";
import { refusal } from "../milvus/refusal.ts";
import { keptCapabilities } from "./kept-capabilities.ts";

/** Where the course is kept, and what opens it: a server of ours may be claimed with the same only later. */
export async function milvusTarget({ milvusAddress, milvusTls, milvusToken, milvusTokenFile }: ApiServiceConfig): Promise<MilvusTarget> {
  return { address: milvusAddress, tls: milvusTls, token: milvusTokenFile === undefined ? milvusToken : await ownToken(milvusTokenFile) };
}

/** What a Milvus can do; one of our own is claimed first. @param program of a server of ours; null where it is not known */
export async function checkMilvus({ target, tokenFile, unlocked = false }: MilvusCheckRequest, program: string | null): Promise<MilvusCapabilities> {
  if (tokenFile === undefined) return probeCapabilities(target);
  const own = { ...target, token: await ownToken(tokenFile) };
  await (unlocked ? resetPassword(own) : claimServer(own)).catch((error: unknown) => {
    throw refusal(error, own);
  });
  // An unlocked server asks nobody for a password, which is not what it will be like.
  return keptCapabilities(tokenFile.replace(/(\.token)?$/, ".capabilities.json"), unlocked ? null : program, () => probeCapabilities(own));
}
