import { z } from "zod";
import type { Volume } from "../../core/ports.ts";

/** Arguments of lsblk that `parseLsblk` understands the answer of. */
export const LSBLK = ["--json", "--bytes", "--output", "NAME,MAJ:MIN,LABEL,RM,RO,HOTPLUG,SIZE,TYPE,TRAN,MODEL"] as const;

/** util-linux before 2.33 writes every value as a string. */
const Flag = z.union([z.boolean(), z.enum(["0", "1"]).transform((flag) => flag === "1")]).nullish();
const Text = z.string().nullish();

const Device = z.object({
  name: z.string(),
  "maj:min": Text,
  label: Text,
  rm: Flag,
  ro: Flag,
  hotplug: Flag,
  size: z.coerce.number().nullish(),
  type: Text,
  tran: Text,
  model: Text,
  get children() {
    return z.array(Device).nullish();
  },
});
type Device = z.infer<typeof Device>;

interface Mount {
  /** "8:17" */
  device: string;
  /** "/dev/sdb1"; what a FUSE mount is known by. */
  source: string;
  path: string;
  readOnly: boolean;
}

/** A disk that holds one of these is the computer's own, even when it is plugged in by USB. */
const SYSTEM_MOUNTS = /^\/$|^\/(boot|efi|usr|var|home|nix|etc)(\/|$)/;

/**
 * lsblk's JSON and /proc/self/mountinfo → mounted volumes of removable disks, without the one the
 * system runs from. The mount points do not come from lsblk: it cuts a path at a line break.
 */
export function parseLsblk(json: string, mountinfo: string): Volume[] {
  const { blockdevices } = z.object({ blockdevices: z.array(Device) }).parse(JSON.parse(json));
  const mounts = parseMountinfo(mountinfo);
  return blockdevices.filter((disk) => isStick(disk, mounts)).flatMap((disk) => volumesOf(disk, disk, mounts));
}

function isStick(disk: Device, mounts: readonly Mount[]): boolean {
  if (disk.type === "loop" || disk.type === "ram") return false;
  const removable = disk.rm === true || disk.hotplug === true || disk.tran === "usb";
  return removable && !withChildren(disk).some((device) => mountsOf(device, mounts).some(({ path }) => SYSTEM_MOUNTS.test(path)));
}

function withChildren(device: Device): Device[] {
  return [device, ...(device.children ?? []).flatMap(withChildren)];
}

function mountsOf(device: Device, mounts: readonly Mount[]): Mount[] {
  return mounts.filter((mount) => mount.device === device["maj:min"]?.trim() || mount.source === `/dev/${device.name}`);
}

function volumesOf(device: Device, disk: Device, mounts: readonly Mount[]): Volume[] {
  const own = mountsOf(device, mounts).map(({ path, readOnly }) => ({
    path,
    label: device.label || disk.model?.trim() || path.split("/").at(-1) || path,
    removable: true,
    readOnly: readOnly || device.ro === true,
    sizeBytes: device.size ?? null,
  }));
  return [...own, ...(device.children ?? []).flatMap((child) => volumesOf(child, disk, mounts))];
}

/** See proc_pid_mountinfo(5): fields by spaces, with spaces, tabs, line breaks and backslashes in octal. */
function parseMountinfo(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , device, , path, options] = before.split(" ");
    if (device === undefined || path === undefined) return [];
    return [{ device, source: unescapeOctal(after.split(" ")[1] ?? ""), path: unescapeOctal(path), readOnly: (options ?? "").split(",").includes("ro") }];
  });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
