import { join } from "node:path";
import type { AgentFolders } from "./folders.ts";

/** AgentAddress of the running agent; there only while it listens. */
export const addressPath = (folders: AgentFolders): string => join(folders.run, "agent.json");
/** Its ProcessIdentity. */
export const identityPath = (folders: AgentFolders): string => join(folders.run, "agent.process.json");
/** The session's key, for a person at a shell on the host. */
export const keyPath = (folders: AgentFolders): string => join(folders.run, "agent.key.json");
