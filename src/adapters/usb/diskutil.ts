import { z } from "zod";
import type { Volume } from "../../core/ports.ts";

export const DISKUTIL = ["list", "-plist", "external", "physical"] as const;
/** Turns the property list into JSON; part of every macOS. */
export const PLUTIL = ["-convert", "json", "-o", "-", "-"] as const;

const Part = z.object({ MountPoint: z.string().optional(), VolumeName: z.string().optional(), Size: z.number().optional() });
const Disk = Part.extend({ OSInternal: z.boolean().optional(), Partitions: z.array(Part).optional(), APFSVolumes: z.array(Part).optional() });

/** `diskutil list -plist external physical`, as JSON → mounted volumes of external disks. */
export function parseDiskutil(json: string): Volume[] {
  const { AllDisksAndPartitions } = z.object({ AllDisksAndPartitions: z.array(Disk) }).parse(JSON.parse(json));
  return AllDisksAndPartitions.filter((disk) => disk.OSInternal !== true)
    .flatMap((disk) => [disk, ...(disk.Partitions ?? []), ...(disk.APFSVolumes ?? [])])
    .flatMap(({ MountPoint, VolumeName, Size }) => {
      // EFI partitions of sticks are mounted by some tools; nobody keeps a model there.
      if (MountPoint === undefined || MountPoint === "/" || VolumeName === "EFI") return [];
      return [{ path: MountPoint, label: VolumeName || MountPoint.split("/").at(-1) || MountPoint, removable: true, readOnly: false, sizeBytes: Size ?? null }];
    });
}
