import type { Volume } from "../../core/ports.ts";

/** The part of drivelist's answer that counts here. */
export interface ListedDrive {
  isReadOnly: boolean;
  isRemovable: boolean;
  isSystem: boolean;
  isUSB: boolean | null;
  isCard: boolean | null;
  isVirtual: boolean | null;
  description: string;
  size: number | null;
  mountpoints: { path: string; label: string | null }[];
}

/** drivelist's list; null where its native module was not built for this computer. */
export async function loadDrivelist(): Promise<(() => Promise<ListedDrive[]>) | null> {
  // An optional dependency: its name is kept from the type checker, which must not need it.
  const name = "drivelist";
  try {
    const module = (await import(name)) as { list(): Promise<ListedDrive[]> };
    return () => module.list();
  } catch {
    return null;
  }
}

export function volumesOfDrives(drives: readonly ListedDrive[]): Volume[] {
  return drives
    .filter((drive) => !drive.isSystem && drive.isVirtual !== true && (drive.isRemovable || drive.isUSB === true || drive.isCard === true))
    .flatMap((drive) =>
      drive.mountpoints.map(({ path, label }) => ({
        path,
        label: label || drive.description || path,
        removable: true,
        readOnly: drive.isReadOnly,
        sizeBytes: drive.size,
      })),
    );
}
