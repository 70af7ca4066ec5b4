import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import { ApiServiceConfig, LlmServiceConfig, MilvusServiceConfig, SERVICE_NAMES, WatchdogConfig, type ServiceName } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { guard } from "../http/guard.ts";
import type { Agent } from "./agent.ts";

const CONFIGS = { llm: LlmServiceConfig, api: ApiServiceConfig, milvus: MilvusServiceConfig };

/** The control interface of src/contract/agent.ts. Failures are an ErrorReport under `error`. */
export function agentApp(agent: Agent, key: string, onShutdown: () => Promise<void>): Hono {
  const app = new Hono();
  app.use(guard({ key }));
  app.use(async (context, next) => {
    // A heartbeat shows that the desktop is there, not that anybody uses it.
    if (context.req.method === "POST" && context.req.path !== "/heartbeat") agent.watchdog.activity();
    await next();
  });

  app.get("/status", (context) => context.json(agent.status()));

  app.post("/services/:name/start", async (context) => {
    const name = serviceName(context.req.param("name"));
    const body: unknown = await context.req.json().catch(() => null);
    const started = name === "llm" ? agent.start(name, check(CONFIGS.llm, body)) : name === "api" ? agent.start(name, check(CONFIGS.api, body)) : agent.start(name, check(CONFIGS.milvus, body));
    await started;
    return context.json(agent.status(), 202);
  });

  app.post("/services/:name/stop", async (context) => {
    await agent.stop(serviceName(context.req.param("name")));
    return context.json(agent.status());
  });

  app.post("/services/:name/proven", async (context) => {
    await agent.proven(serviceName(context.req.param("name")));
    return context.json(agent.status());
  });

  app.get("/logs", (context) => {
    const after = Number(context.req.query("after") ?? 0) || 0;
    const follow = context.req.query("follow") === "1";
    return context.body(logStream(agent, after, follow), 200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  });

  app.post("/watchdog", async (context) => {
    await agent.arm(check(WatchdogConfig, await context.req.json().catch(() => null)));
    return context.json(agent.status());
  });

  app.post("/heartbeat", (context) => {
    agent.watchdog.heartbeat();
    return context.json({});
  });

  app.post("/shutdown", async (context) => {
    await onShutdown();
    return context.json({});
  });

  app.notFound((context) => context.json({ error: toErrorReport(new MentorError("input-invalid", "The agent has nothing at this address.")) }, 404));
  app.onError((error, context) => {
    const report = toErrorReport(error);
    return context.json({ error: report }, report.code === "input-invalid" ? 400 : 500);
  });
  return app;
}

/** Listens on a free port of the loopback. */
export async function listen(app: Hono): Promise<{ server: Server; port: number }> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Pulls from the ring as fast as the reader reads, so that a slow reader costs no memory. */
function logStream(agent: Agent, after: number, follow: boolean): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const closed = new AbortController();
  let seq = after;
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const lines = agent.logs.after(seq);
        if (lines.length > 0) {
          seq = lines.at(-1)!.seq;
          return controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
        }
        if (!follow || closed.signal.aborted) return controller.close();
        await agent.logs.changed(closed.signal);
      }
    },
    cancel: () => closed.abort(),
  });
}

function serviceName(name: string): ServiceName {
  const known = SERVICE_NAMES.find((service) => service === name);
  if (known === undefined) throw new MentorError("input-invalid", `There is no service named "${name}".`);
  return known;
}

function check<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (!result.success) throw new MentorError("input-invalid", `The agent was asked wrongly: ${z.prettifyError(result.error)}`);
  return result.data;
}
