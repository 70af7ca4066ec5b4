import { spawnSync } from "node:child_process";

/** Why images cannot be fetched on this computer; null when they can. */
export const noSkopeo: string | null = spawnSync("skopeo", ["--version"], { stdio: "ignore" }).status === 0 ? null : "skopeo is not installed";
