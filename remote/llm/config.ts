import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { LlmServiceConfig, type ServiceFile } from "../../src/contract/agent.ts";
import { MentorError } from "../../src/contract/errors.ts";

const LlmServiceFile = LlmServiceConfig.extend({ key: z.string().min(1) });

/**
 * The configuration named on the command line; `-` is the standard input, so that the key need
 * stand nowhere.
 *
 * @throws MentorError input-invalid
 */
export async function readConfig(argv: readonly string[]): Promise<ServiceFile<"llm">> {
  const [flag, source, ...rest] = argv;
  if (flag !== "--config" || source === undefined || rest.length > 0) throw new MentorError("input-invalid", "The language model is started as: --config FILE, or --config - to read it from the standard input.");
  let json: unknown;
  try {
    // At once, not by libuv's pool: how large that is to be stands in what is read.
    json = JSON.parse(source === "-" ? await text(process.stdin) : readFileSync(source, "utf8"));
  } catch (cause) {
    throw new MentorError("input-invalid", `The language model's configuration (${source}) cannot be read as JSON.`, { cause });
  }
  const parsed = LlmServiceFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new MentorError("input-invalid", `The language model's configuration (${source}) is wrong: ${wrong.join("; ")}.`);
}
