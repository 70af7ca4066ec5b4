import type { AgentClient } from "../../../adapters/agent/client.ts";
import type { MentorApi } from "../../../adapters/mentor/api.ts";
import type { ModelHeader } from "../../../contract/stick.ts";
import type { Fit } from "../../../core/model/fit.ts";

/** What these steps tell each other beyond what the core knows of. */
declare module "../../../core/session/facts.ts" {
  interface JournalledFacts {
    header: ModelHeader;
    /** Absolute paths of all parts of the model, in order; one for a model in a single file. */
    modelParts: string[];
    /** The model for searching: of the stick, or the app's own. */
    embedding: { path: string; name: string; bytes: number; sha256?: string };
    /** Folder on this computer; null when the session brings no course. */
    courseFolder: string | null;
    gpu: "cpu" | "cuda" | "metal";
    fit: Fit;
    /** Where the models lie on the host. */
    hostModels: { chat: string; embedding: string };
  }
  interface LiveHandles {
    agent: AgentClient;
    mentor: MentorApi;
  }
}
