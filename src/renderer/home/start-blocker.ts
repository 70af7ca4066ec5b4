import type { SessionPhase } from "../../contract/session.ts";
import type { Stick } from "../../contract/stick.ts";
import type { Choices } from "../stores/choices.ts";
import type { ConnectionStatus } from "../connection/state.ts";
import { ERRORS } from "../../contract/errors.ts";
import { en } from "../strings/en.ts";

interface Situation {
  connection: ConnectionStatus;
  phase: SessionPhase;
  looking: boolean;
  practising: boolean;
  stick: Stick | null;
  choices: Choices;
}

export const isActive = (phase: SessionPhase): boolean => phase !== "idle" && phase !== "stopped";

/** Why a session cannot be started right now, in the words beside the button; null when it can. */
export function startBlocker({ connection, phase, looking, practising, stick, choices }: Situation): string | null {
  const words = en.launch.blocked;
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
  } else if (stick.problem !== null) return `${ERRORS[stick.problem.code].title}.`;
  return choices.host === "ssh" ? hostBlocker(choices) : null;
}

/** Several models are no obstacle once one of them is chosen. */
export const needsModelChoice = (stick: Stick): boolean =>
  (stick.problem === null || stick.problem.code === "model-ambiguous") && usableModels(stick).length > 1;

export const usableModels = (stick: Stick) => stick.models.filter(({ problem, header }) => problem === null && header?.purpose !== "embedding");

function hostBlocker({ address, identity }: Choices): string | null {
  const words = en.launch.blocked;
  if (address.trim() === "") return words.address;
  if (!/^[^@\s]+@\S+$/.test(address.trim())) return words.addressForm;
  return identity.trim() === "" ? words.identity : null;
}
