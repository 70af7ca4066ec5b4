import { join } from "node:path";
import { inspectThisComputer } from "../../../adapters/local/inspection.ts";
import { freePort } from "../../../adapters/local/free-port.ts";
import { DEFAULT_PORTS, type ServiceName } from "../../../contract/agent.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { StartRequest } from "../../../contract/session.ts";
import { requireDocker } from "../../../core/host/docker.ts";
import { hostLayout } from "../../../core/host/layout.ts";
import { lastMilvus } from "../../../core/host/last-milvus.ts";
import { chooseMilvus, MILVUS_TITLES } from "../../../core/host/milvus.ts";
import { bringPython } from "../../../core/host/python.ts";
import { probeHost } from "../../../core/host/probe.ts";
import type { HostReport } from "../../../core/host/report.ts";
import { requireSuitable } from "../../../core/host/suitable.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import { findImage } from "./milvus-image.ts";
import type { StepTools } from "./tools.ts";

/** One look at the host: what it is, what it has, and whether anything of ours would be in the way. */
export function inspectHost({ dataFolder }: StepTools): StepImplementation {
  return {
    id: "inspect-host",
    async run({ facts, signal, log, progress, request }) {
      const host = facts.requireHandle("host");
      const local = host.kind === "local";
      const seen = local ? await inspectThisComputer(join(dataFolder, "host")) : await probeHost(host, signal);
      requireSuitable(seen, host.label, !local);
      // A session that is found again has its ports, and its own services on them.
      const wanted = facts.get("ports") ?? (local ? await portsOnThisComputer() : portsOnHost(seen, request));
      if (!local) requireFreePorts(seen, wanted, host.label);
      const report = await bringPython(host, seen, signal, (detail) => progress({ done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail }));
      log("info", `${report.platform} ${report.arch}, ${report.cpus} processors, Python ${report.python?.version ?? "none"}, graphics: ${report.gpus.map((gpu) => gpu.name).join(", ") || "none"}.`);
      facts.set("report", report);
      const layout = hostLayout(report.root, report.platform, report.networkVolume);
      const isThere = async (path: string) => (await host.stat(path)) !== null;
      const chosen = chooseMilvus(report, request, { lite: await isThere(layout.milvusData), server: await isThere(layout.milvusServerToken), last: await lastMilvus(host, layout) });
      const milvus = { ...chosen, ...(chosen.image && { image: await findImage(host, layout, chosen.image, request.stick, signal) }) };
      if (milvus.kind === "compose") await requireDocker(host, signal);
      facts.set("milvus", milvus);
      log("info", `The course is kept by ${MILVUS_TITLES[milvus.kind]}. ${milvus.reason}`);
      if (report.networkVolume !== null) log("info", `The course is kept on the network volume ${report.networkVolume}, which outlives this machine.`);
      facts.set("layout", layout);
      facts.set("ports", wanted);
      return { outcome: report.gpus[0]?.name ?? `${report.cpus} processors` };
    },
  };
}

/** An agent of an earlier session may hold the ports itself: it is replaced later, and checked then. */
function requireFreePorts(report: HostReport, wanted: Partial<Record<ServiceName, number>>, label: string): void {
  const taken = report.agentSeen ? [] : Object.values(wanted).filter((port) => report.portsInUse.includes(port));
  if (taken.length === 0) return;
  throw new MentorError("port-in-use", `On ${label} another program already uses port ${taken.join(" and port ")}.`, {
    kept: "The other program was left alone, and nothing was sent.",
    details: { port: taken[0]! },
  });
}

/** Beside a chat endpoint our LLM server makes way: the endpoint may be another program on this very host, on the usual port. */
function portsOnHost({ portsInUse }: HostReport, { chatEndpoint }: StartRequest): Record<ServiceName, number> {
  let { llm } = DEFAULT_PORTS as { llm: number };
  if (chatEndpoint !== undefined) while (portsInUse.includes(llm)) llm++;
  return { ...DEFAULT_PORTS, llm };
}

async function portsOnThisComputer() {
  const [llm, api, milvus] = [await freePort(DEFAULT_PORTS.llm), await freePort(DEFAULT_PORTS.api), await freePort(DEFAULT_PORTS.milvus)];
  return { llm, api, milvus };
}
