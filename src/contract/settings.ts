import { z } from "zod";
import { BackupSettings } from "./backup.ts";

export const SavedHost = z.object({ address: z.string(), identity: z.string(), label: z.string() });

/** What the person has chosen, kept in the user's data folder. Holds no secret. */
export const Settings = z.object({
  version: z.literal(1).default(1),
  hosts: z.array(SavedHost).default([]),
  /** The choice made last, offered first. */
  lastHost: z.union([z.object({ kind: z.literal("local") }), z.object({ kind: z.literal("ssh"), address: z.string() })]).default({ kind: "local" }),
  theme: z.enum(["system", "light", "dark"]).default("system"),
  /** Folders that were chosen as sticks by hand. */
  folders: z.array(z.string()).default([]),
  backup: BackupSettings.default({ folder: null, atStop: "away", keep: 5 }),
});
export type Settings = z.infer<typeof Settings>;
export type SavedHost = z.infer<typeof SavedHost>;
