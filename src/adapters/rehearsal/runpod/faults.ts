import type { OperationName } from "../../runpod/operations.ts";

interface Repeated {
  /** How often it happens; default once. */
  times?: number;
}

interface OnCall extends Repeated {
  /** Default: whichever call comes next. */
  on?: OperationName;
}

/** What a provider can do to somebody, one kind each. */
export type Fault =
  /** Refuses: 402, 403, 429 with a time to wait, 5xx. Nothing takes effect. */
  | (OnCall & { kind: "refusal"; status: number; detail?: string; retryAfterSeconds?: number })
  /** None of this card is free, whatever the catalogue says. */
  | (Repeated & { kind: "no-capacity"; card?: string })
  /** Answers late; what was asked took effect at once. */
  | (OnCall & { kind: "slow"; ms: number })
  /** What was asked took effect, and the connection breaks before the answer. */
  | (OnCall & { kind: "answer-lost" })
  /** The connection breaks before the request arrives. */
  | (OnCall & { kind: "request-lost" })
  /** The container runs, and port 22 is mapped this much later. */
  | (Repeated & { kind: "port-late"; ms: number })
  /** The pod ends in ERROR instead of RUNNING. */
  | (Repeated & { kind: "boot-fails" })
  /** The pod stays in STARTING. */
  | (Repeated & { kind: "boot-hangs" })
  /** At the next stop somebody else takes the card. */
  | (Repeated & { kind: "gpu-gone" })
  /** At the next start the machine has another address. */
  | (Repeated & { kind: "address-changed" })
  /** The log of the next start names other host keys than the machine shows: somebody stands between. */
  | (Repeated & { kind: "host-key-swapped" })
  /** The log of the next start holds no fingerprints. */
  | (Repeated & { kind: "log-silent" })
  /** While it runs its status is one that no description knows. */
  | (Repeated & { kind: "status-unknown" })
  /** Its price is not told. */
  | (Repeated & { kind: "price-missing" })
  /** What can be done with it is not told. */
  | (Repeated & { kind: "actions-missing" })
  /** It can be deleted, and not stopped. */
  | (Repeated & { kind: "cannot-stop" })
  /** Somebody has locked it in the console: it can be neither stopped nor deleted. */
  | (Repeated & { kind: "locked" });

export type FaultKind = Fault["kind"];
type CallFaultKind = "refusal" | "slow" | "answer-lost" | "request-lost";

/** What can go wrong with a start and the run after it; decided when it is asked for. */
const OF_A_START = ["port-late", "boot-fails", "boot-hangs", "address-changed", "host-key-swapped", "log-silent", "status-unknown", "price-missing", "actions-missing", "cannot-stop", "locked"] as const satisfies FaultKind[];
export type StartMishaps = { [Kind in (typeof OF_A_START)[number]]?: Extract<Fault, { kind: Kind }> };

/** Faults that wait for their moment. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = [];

  add(...faults: Fault[]): void {
    this.#waiting.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The first of this kind whose moment it is; it has happened then. */
  take<Kind extends FaultKind>(kind: Kind, applies: (fault: Extract<Fault, { kind: Kind }>) => boolean = () => true): Extract<Fault, { kind: Kind }> | null {
    const found = this.#waiting.find(({ fault }) => fault.kind === kind && applies(fault as Extract<Fault, { kind: Kind }>));
    if (found === undefined) return null;
    found.left--;
    if (found.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== found);
    return found.fault as Extract<Fault, { kind: Kind }>;
  }

  takeForStart(): StartMishaps {
    return Object.fromEntries(OF_A_START.flatMap((kind) => [this.take(kind)].flatMap((fault) => (fault === null ? [] : [[kind, fault]]))));
  }

  takeOn<Kind extends CallFaultKind>(kind: Kind, call: OperationName): Extract<Fault, { kind: Kind }> | null {
    return this.take<Kind>(kind, (fault) => {
      const { on } = fault as OnCall;
      return on === undefined || on === call;
    });
  }
}
