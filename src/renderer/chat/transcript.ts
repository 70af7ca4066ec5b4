import { formatMoment } from "../format/durations.ts";
import { t } from "../strings/language.ts";
import type { Exchange } from "../stores/chat.ts";

/** The whole conversation as a document: questions, answers, and where they stand. */
export function transcript(exchanges: readonly Exchange[], now: Date): string {
  const parts = exchanges.map(({ question, answer, sources, nothingFound }) => {
    const places = sources.map(({ metadata: { file, section, page } }) => `- ${[file, section, page === null ? null : t.chat.page(page)].filter(Boolean).join(", ")}`);
    return [`## ${question.replaceAll("\n", " ")}`, answer.trim(), nothingFound ? `*${t.chat.nothingFound}*` : "", places.length > 0 ? `${t.chat.sources(places.length)}:\n\n${places.join("\n")}` : ""].filter((part) => part !== "").join("\n\n");
  });
  return `# ${t.chat.exportTitle(formatMoment(now.toISOString()))}\n\n${parts.join("\n\n")}\n`;
}
