import type { StepId } from "../../contract/plan.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

/** Who wrote a line, as a person would say it: a service, or the step that was at work. */
export function sourceName(source: string): string {
  const services: Record<string, string> = t.logs.services;
  return services[source] ?? t.steps[source as StepId] ?? useSession.getState().session?.steps.find(({ id }) => id === source)?.title ?? source;
}
