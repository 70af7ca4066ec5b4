import type { HostChoice, StartRequest } from "../../contract/session.ts";
import type { Stick } from "../../contract/stick.ts";
import type { Choices } from "../stores/choices.ts";
import { mirrorOf, needsModelChoice } from "./start-blocker.ts";

/** What the first screen's choices mean to the core. */
export function toStartRequest(stick: Stick | null, choices: Choices): StartRequest {
  const { host, runpod, address, identity, model, course, endpoint } = choices;
  const mirror = mirrorOf(stick, choices);
  return {
    ...(stick === null ? {} : { stick: stick.path }),
    host: hostOf({ host, runpod, address, identity }),
    ...(endpoint === null && stick !== null && needsModelChoice(stick) && model !== null ? { model } : {}),
    ...(endpoint === null ? {} : { chatEndpoint: { url: endpoint.url.trim(), ...(endpoint.model.trim() === "" ? {} : { model: endpoint.model.trim() }) } }),
    ...(mirror === null ? {} : { mirror }),
    ...(course === "" ? {} : { course }),
  };
}

function hostOf({ host, runpod, address, identity }: Pick<Choices, "host" | "runpod" | "address" | "identity">): HostChoice {
  if (host === "ssh") return { kind: "ssh", address: address.trim(), identity: identity.trim() };
  return host === "runpod" ? { kind: "runpod", ...runpod } : { kind: "local" };
}
