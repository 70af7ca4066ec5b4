import { z } from "zod";
import { BackupSettings } from "./backup.ts";

export const SavedHost = z.object({ address: z.string(), identity: z.string(), label: z.string() });

/** What a rented machine may be and cost; see RunpodChoice in session.ts. */
export const RunpodWishes = z.object({
  maxMicroUsdPerHour: z.number().int().positive().optional(),
  gpus: z.array(z.string().min(1)).optional(),
  clouds: z.array(z.enum(["secure", "community"])).optional(),
  volumeId: z.string().min(1).optional(),
  diskGigabytes: z.number().int().min(10).max(4096).optional(),
  stopAfterSeconds: z.number().int().min(60).optional(),
  idleStopSeconds: z.number().int().min(60).nullable().optional(),
  budgetMicroUsd: z.number().int().positive().optional(),
});
export type RunpodWishes = z.infer<typeof RunpodWishes>;

/** What the person has chosen, kept in the user's data folder. Holds no secret. */
export const Settings = z.object({
  version: z.literal(1).default(1),
  hosts: z.array(SavedHost).default([]),
  /** The choice made last, offered first. */
  lastHost: z.union([z.object({ kind: z.literal("local") }), z.object({ kind: z.literal("ssh"), address: z.string() }), z.object({ kind: z.literal("runpod") })]).default({ kind: "local" }),
  /** What was last asked of a rented machine, offered again. */
  runpod: RunpodWishes.default({}),
  /** Addresses from which a host may fetch parts of a model, by the name of the model's file. */
  mirrors: z.record(z.string(), z.string()).default({}),
  theme: z.enum(["system", "light", "dark"]).default("system"),
  /** Of the window; "system" is what the system prefers. */
  language: z.enum(["system", "en", "de"]).default("system"),
  /** The introduction was seen or skipped. */
  welcomed: z.boolean().default(false),
  /** The system's own notifications, in the desktop app. */
  notify: z.boolean().default(true),
  /** Conversations are kept in the data folder. */
  keepConversations: z.boolean().default(true),
  /** Folders that were chosen as sticks by hand. */
  folders: z.array(z.string()).default([]),
  /** Folders whose course documents were read, newest first: their sources can be opened. */
  courseFolders: z.array(z.string()).default([]),
  backup: BackupSettings.default({ folder: null, atStop: "away", keep: 5 }),
});
export type Settings = z.infer<typeof Settings>;
export type SavedHost = z.infer<typeof SavedHost>;
