import type { BackupSettings } from "./backup.ts";
import type { HostChoice } from "./session.ts";

/** Whether Stop backs the course up first: what the window says before is what the core does then. */
export const backsUpAtStop = ({ atStop }: Pick<BackupSettings, "atStop">, host: HostChoice["kind"]): boolean => atStop === "always" || (atStop === "away" && host !== "local");
