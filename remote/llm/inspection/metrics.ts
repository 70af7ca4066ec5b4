import type { Engine, LoadedChat } from "../engine/engine.ts";
import type { HttpAnswers } from "./http-answers.ts";

/**
 * A prefix of our own, and units in the names, as Prometheus' naming guide asks. Not llama-server's
 * `llamacpp:`: colons are for the names of recording rules, and a dashboard made for its figures
 * would read ours as the same, while tokens from the cache, aborted answers and ticks are counted
 * otherwise here.
 */
const PREFIX = "ai_mentor_llm_";

/** The content type of Prometheus' text format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** `GET /metrics`. All counters are since the start. */
export function metricsOf({ chat }: Engine, answers: HttpAnswers): string {
  const { rss, heapUsed, external } = process.memoryUsage();
  return [
    ...(chat === null ? [] : chatMetrics(chat)),
    metric(`${PREFIX}http_answers_total`, "counter", "HTTP answers, by path and status.", answers.entries()),
    metric("process_resident_memory_bytes", "gauge", "Memory of this process.", [["", rss]]),
    metric("nodejs_heap_size_used_bytes", "gauge", "Of it, objects of JavaScript.", [["", heapUsed]]),
    metric("nodejs_external_memory_bytes", "gauge", "Of it, buffers that JavaScript holds.", [["", external]]),
    metric("process_start_time_seconds", "gauge", "When this process began, since the epoch.", [["", Math.round(performance.timeOrigin / 1000)]]),
  ].join("");
}

function chatMetrics({ scheduler, contextTokens }: LoadedChat): string[] {
  const { counters, requests, active, waiting, queueLimit } = scheduler;
  const { accepted, answered, aborted, failed, refused, waitingSeconds, promptSeconds, generationSeconds } = requests.counters;
  const { promptTokens, cachedTokens, generatedTokens, ticks } = counters;
  const single = (name: string, type: "counter" | "gauge", help: string, value: number) => metric(`${PREFIX}${name}`, type, help, [["", value]]);
  return [
    single("prompt_tokens_total", "counter", "Prompt tokens evaluated.", promptTokens),
    single("prompt_tokens_cached_total", "counter", "Prompt tokens that needed no evaluation.", cachedTokens),
    single("generated_tokens_total", "counter", "Tokens generated.", generatedTokens),
    single("ticks_total", "counter", "Batches that all conversations shared.", ticks),
    single("requests_accepted_total", "counter", "Answers that found a slot or a place in the queue.", accepted),
    metric(`${PREFIX}requests_ended_total`, "counter", "Accepted answers that have ended, by how.", [
      ['{outcome="answered"}', answered],
      ['{outcome="aborted"}', aborted],
      ['{outcome="failed"}', failed],
    ]),
    single("requests_refused_total", "counter", "Answers turned away by the full queue.", refused),
    single("waiting_seconds_total", "counter", "Time that answers waited for a slot.", waitingSeconds),
    single("prompt_seconds_total", "counter", "Time from the slot to the first token.", promptSeconds),
    single("generation_seconds_total", "counter", "Time from the first token to the end.", generationSeconds),
    single("requests_running", "gauge", "Answers being generated.", active),
    single("requests_waiting", "gauge", "Answers waiting for a slot.", waiting),
    single("queue_limit", "gauge", "Answers that may wait.", queueLimit),
    single("slots", "gauge", "Answers that can be generated at once.", scheduler.slots().length),
    single("context_tokens", "gauge", "Tokens that one conversation may have.", contextTokens),
  ];
}

function metric(name: string, type: "counter" | "gauge", help: string, values: (readonly [labels: string, value: number])[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${values.map(([labels, value]) => `${name}${labels} ${value}\n`).join("")}`;
}
