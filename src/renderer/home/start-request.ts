import type { StartRequest } from "../../contract/session.ts";
import type { Stick } from "../../contract/stick.ts";
import type { Choices } from "../stores/choices.ts";
import { needsModelChoice } from "./start-blocker.ts";

/** What the first screen's choices mean to the core. */
export function toStartRequest(stick: Stick, { host, address, identity, model, course }: Choices): StartRequest {
  return {
    stick: stick.path,
    host: host === "local" ? { kind: "local" } : { kind: "ssh", address: address.trim(), identity: identity.trim() },
    ...(needsModelChoice(stick) && model !== null ? { model } : {}),
    ...(course === "" ? {} : { course }),
  };
}
