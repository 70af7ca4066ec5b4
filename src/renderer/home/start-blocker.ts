import { mirrorFault } from "../../contract/mirror-url.ts";
import type { SessionPhase } from "../../contract/session.ts";
import type { Stick } from "../../contract/stick.ts";
import type { Choices } from "../stores/choices.ts";
import type { ConnectionStatus } from "../connection/state.ts";
import { t } from "../strings/language.ts";

interface Situation {
  connection: ConnectionStatus;
  phase: SessionPhase;
  looking: boolean;
  practising: boolean;
  stick: Stick | null;
  choices: Choices;
  /** An account's key is kept; null until it is known. */
  rentKey: boolean | null;
}

export const isActive = (phase: SessionPhase): boolean => phase !== "idle" && phase !== "stopped";

/** Why a session cannot be started right now, in the words beside the button; null when it can. */
export function startBlocker({ connection, phase, looking, practising, stick, choices, rentKey }: Situation): string | null {
  const words = t.launch.blocked;
  if (connection !== "open") return words.connection;
  if (phase === "stopping") return words.stopping;
  if (isActive(phase)) return words.running;
  if (practising) return words.practice;
  if (looking) return words.looking;
  if (choices.endpoint !== null) {
    if (choices.endpoint.url.trim() === "") return words.endpoint;
  } else if (stick === null) return words.noStick;
  else if (needsModelChoice(stick)) {
    if (choices.model === null) return words.model;
  } else if (stick.problem !== null) return `${t.errors[stick.problem.code].title}.`;
  if (mirrorOf(stick, choices) !== null && mirrorFault(mirrorOf(stick, choices)!) !== null) return words.mirror;
  if (choices.host === "runpod") return rentKey === false ? words.rentKey : null;
  return choices.host === "ssh" ? hostBlocker(choices) : null;
}

/** Several models are no obstacle once one of them is chosen. */
export const needsModelChoice = (stick: Stick): boolean =>
  (stick.problem === null || stick.problem.code === "model-ambiguous") && usableModels(stick).length > 1;

/** The file of the model that a start would send; null while there is none, or nothing is sent. */
export function sentModel(stick: Stick | null, { host, endpoint, model }: Choices): string | null {
  if (stick === null || host === "local" || endpoint !== null) return null;
  return needsModelChoice(stick) ? model : (usableModels(stick)[0]?.file ?? null);
}

/** Where the host may fetch parts of that model, as it was typed; null where nothing was. */
export function mirrorOf(stick: Stick | null, choices: Choices): string | null {
  const file = sentModel(stick, choices);
  const typed = file === null ? "" : (choices.mirrors[file] ?? "").trim();
  return typed === "" ? null : typed;
}

export const usableModels = (stick: Stick) => stick.models.filter(({ problem, header }) => problem === null && header?.purpose !== "embedding");

function hostBlocker({ address, identity }: Choices): string | null {
  const words = t.launch.blocked;
  if (address.trim() === "") return words.address;
  if (!/^[^@\s]+@\S+$/.test(address.trim())) return words.addressForm;
  return identity.trim() === "" ? words.identity : null;
}
