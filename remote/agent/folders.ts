import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Where the agent keeps its things under ROOT; the desktop's view of it is src/core/host/layout.ts. */
export interface AgentFolders {
  root: string;
  /** Addresses, process records, configurations with keys; 0700. */
  run: string;
  logs: string;
}

export function agentFolders(root: string): AgentFolders {
  const home = join(root, "ai-mentor");
  return { root, run: join(home, "run"), logs: join(home, "logs") };
}

export function makeFolders(folders: AgentFolders): void {
  mkdirSync(folders.run, { recursive: true, mode: 0o700 });
  // mkdir leaves the mode of a folder that was there before.
  chmodSync(folders.run, 0o700);
  mkdirSync(folders.logs, { recursive: true });
}
