import { ORPCError } from "@orpc/client";
import { toErrorReport, type ErrorReport } from "../../contract/errors.ts";
import { useConnection } from "./state.ts";
import type { MentorClient } from "./link.ts";
import { t } from "../strings/language.ts";

/** The report inside whatever a call to the core threw. */
export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof ORPCError && thrown.code === "FAILED") return thrown.data as ErrorReport;
  if (useConnection.getState().client === null) return unreachable();
  return toErrorReport(thrown);
}

/** The client of the present link; throws nothing a caller must not already expect from a call. */
export function core(): MentorClient {
  const { client } = useConnection.getState();
  if (client === null) throw new Error(t.connection.lost);
  return client;
}

function unreachable(): ErrorReport {
  return { code: "core-unreachable", message: t.connection.lost };
}
