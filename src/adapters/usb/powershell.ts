import { z } from "zod";
import type { Volume } from "../../core/ports.ts";

/** A constant script: nothing is ever put into it. USB disks count as "Fixed" there, so the bus is asked for too. */
const SCRIPT = `
[Console]::OutputEncoding = [System.Text.Encoding]::UTF8
Get-Volume | Where-Object { $_.DriveLetter } | ForEach-Object {
  $disk = $_ | Get-Partition -ErrorAction SilentlyContinue | Get-Disk -ErrorAction SilentlyContinue
  [pscustomobject]@{
    letter = [string]$_.DriveLetter; label = $_.FileSystemLabel; type = [string]$_.DriveType; size = $_.Size
    bus = [string]$disk.BusType; system = [bool]($disk.IsBoot -or $disk.IsSystem); readOnly = [bool]$disk.IsReadOnly
  }
} | ConvertTo-Json -Compress`;

export const POWERSHELL = ["-NoProfile", "-NonInteractive", "-Command", SCRIPT] as const;

const Entry = z.object({
  letter: z.string().regex(/^[A-Za-z]$/),
  label: z.string().nullish(),
  type: z.string(),
  size: z.number().nullish(),
  bus: z.string().nullish(),
  system: z.boolean(),
  readOnly: z.boolean(),
});

/** The script's answer → volumes of removable disks. One volume comes without a list around it, none as nothing at all. */
export function parsePowershell(output: string): Volume[] {
  const text = output.replace(/^\uFEFF/, "").trim();
  if (text === "") return [];
  const parsed: unknown = JSON.parse(text);
  const entries = z.array(Entry).parse(Array.isArray(parsed) ? parsed : [parsed]);
  return entries
    .filter(({ type, bus, system }) => !system && (type === "Removable" || bus === "USB" || bus === "SD" || bus === "MMC"))
    .map(({ letter, label, size, readOnly }) => ({
      path: `${letter.toUpperCase()}:\\`,
      label: label || `${letter.toUpperCase()}:`,
      removable: true,
      readOnly,
      // A card reader without a card has the size 0.
      sizeBytes: size || null,
    }))
    .filter(({ sizeBytes }) => sizeBytes !== null);
}
