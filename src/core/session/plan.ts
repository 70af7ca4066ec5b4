import type { StepId } from "../../contract/plan.ts";
import type { StartRequest } from "../../contract/session.ts";

/** One step of a session, as data. What it does is in src/main/host/steps. */
export interface StepDefinition {
  id: StepId;
  title: string;
  needs: readonly StepId[];
  /** Typical share of the whole, until this computer's own timings are known. Unitless. */
  weight: number;
  /** Seconds without any progress after which the step fails. */
  stallSeconds: number;
  /** Seconds after which the step fails even though it still shows signs of life; default: never. */
  deadlineSeconds?: number;
  /** Which sessions have this step; default: every one. */
  needed?(request: StartRequest): boolean;
}

const asksEndpoint = ({ chatEndpoint, embeddingEndpoint }: StartRequest): boolean => chatEndpoint !== undefined || embeddingEndpoint !== undefined;
const runsModel = ({ chatEndpoint }: StartRequest): boolean => chatEndpoint === undefined;
const runsSearchModel = ({ embeddingEndpoint }: StartRequest): boolean => embeddingEndpoint === undefined;
const rents = ({ host }: StartRequest): boolean => host.kind === "runpod";

/**
 * The order is the order of display, and of two failures the first is told: who serves comes before who is served.
 * What runs side by side follows from `needs` alone.
 * The model's upload needs the watchdog armed first: from then on the host takes care of itself. The agent
 * that does it needs little of the kit; the rest travels meanwhile, so that the line does not stand idle. The
 * course store may have to be sent or fetched too, so its start has no deadline but the agent's own.
 * The mentor starts without its models and its store: it needs the search model's hash alone. The course
 * is brought while the model that answers is still on its way. It is worth keeping once somebody can use it: so a
 * start that is cancelled backs nothing up, and at Stop the backup comes before the LLM server is stopped.
 */
export const PLAN: readonly StepDefinition[] = [
  { id: "find-model", title: "Read the stick", needs: [], weight: 1, stallSeconds: 30 },
  { id: "rent-pod", title: "Rent a machine", needs: ["find-model"], weight: 20, stallSeconds: 180, deadlineSeconds: 3600, needed: rents },
  { id: "connect", title: "Reach the host", needs: ["rent-pod"], weight: 2, stallSeconds: 60, deadlineSeconds: 600 },
  { id: "inspect-host", title: "Look at the host", needs: ["connect"], weight: 1, stallSeconds: 180 },
  { id: "fit", title: "Check that the model fits", needs: ["inspect-host"], weight: 1, stallSeconds: 30 },
  { id: "install-kit", title: "Bring the tools", needs: ["fit"], weight: 6, stallSeconds: 180 },
  { id: "check-endpoint", title: "Check the endpoint", needs: ["install-kit"], weight: 3, stallSeconds: 300, needed: asksEndpoint },
  { id: "arm-watchdog", title: "Set the safety timer", needs: ["check-endpoint"], weight: 2, stallSeconds: 60, deadlineSeconds: 300 },
  { id: "install-servers", title: "Bring the servers", needs: ["install-kit"], weight: 9, stallSeconds: 180 },
  { id: "upload-model", title: "Send the model", needs: ["arm-watchdog"], weight: 50, stallSeconds: 180, needed: runsModel },
  { id: "start-milvus", title: "Start the course store", needs: ["arm-watchdog", "install-servers"], weight: 8, stallSeconds: 120, needed: ({ milvusUrl }) => milvusUrl === undefined },
  { id: "check-milvus", title: "Check the course store", needs: ["start-milvus"], weight: 2, stallSeconds: 180, deadlineSeconds: 600 },
  { id: "start-search", title: "Load the search model", needs: ["arm-watchdog", "install-servers"], weight: 3, stallSeconds: 300, deadlineSeconds: 1800, needed: runsSearchModel },
  { id: "start-api", title: "Start the mentor", needs: ["arm-watchdog", "install-servers"], weight: 2, stallSeconds: 60, deadlineSeconds: 600 },
  { id: "start-llm", title: "Load the model", needs: ["upload-model", "start-search"], weight: 6, stallSeconds: 300, deadlineSeconds: 1800, needed: runsModel },
  { id: "open-tunnels", title: "Open the way to the mentor", needs: ["start-search", "start-api", "check-milvus"], weight: 1, stallSeconds: 60, deadlineSeconds: 300 },
  { id: "restore-course", title: "Bring the course", needs: ["open-tunnels"], weight: 8, stallSeconds: 300 },
  { id: "keep-course", title: "Keep the course", needs: ["restore-course", "start-llm"], weight: 1, stallSeconds: 600 },
  { id: "self-check", title: "Ask a test question", needs: ["open-tunnels", "start-llm"], weight: 3, stallSeconds: 180, deadlineSeconds: 900 },
];

/**
 * The steps that a session of this request has. What needed a step that is left out needs what that
 * one needed. Without a request: those of a session that runs its own model.
 */
export function planFor(plan: readonly StepDefinition[], request: StartRequest | null): readonly StepDefinition[] {
  const left = new Map(plan.filter(({ needed }) => needed !== undefined && !needed(request ?? { host: { kind: "local" } })).map(({ id, needs }) => [id, needs]));
  if (left.size === 0) return plan;
  const through = (id: StepId): readonly StepId[] => left.get(id)?.flatMap(through) ?? [id];
  return plan.filter(({ id }) => !left.has(id)).map((step) => ({ ...step, needs: [...new Set(step.needs.flatMap(through))] }));
}
