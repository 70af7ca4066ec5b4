import type { AgentClient } from "../../../adapters/agent/client.ts";
import type { MentorApi } from "../../../adapters/mentor/api.ts";
import type { Kit } from "../../../contract/kit.ts";
import type { ModelHeader } from "../../../contract/stick.ts";
import type { Fit } from "../../../core/model/fit.ts";

/** What these steps tell each other beyond what the core knows of. */
declare module "../../../core/session/facts.ts" {
  interface JournalledFacts {
    header: ModelHeader;
    /** Absolute paths of all parts of the model, in order; one for a model in a single file. */
    modelParts: string[];
    /** The model for searching: of the stick, the app's own (these have a file on this computer), or an endpoint's. */
    embedding: { name: string; sha256?: string; file?: { path: string; bytes: number } };
    /** Folder on this computer; null when the session brings no course. */
    courseFolder: string | null;
    gpu: "cpu" | "cuda" | "metal";
    fit: Fit;
  }
  interface LiveHandles {
    agent: AgentClient;
    kit: Kit;
    mentor: MentorApi;
  }
}
