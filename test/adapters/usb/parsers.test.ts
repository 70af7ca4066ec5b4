import { expect, test } from "vitest";
import { parseDiskutil } from "../../../src/adapters/usb/diskutil.ts";
import { volumesOfDrives } from "../../../src/adapters/usb/drivelist.ts";
import { parseLsblk } from "../../../src/adapters/usb/lsblk.ts";
import { parsePowershell } from "../../../src/adapters/usb/powershell.ts";

/** A laptop with an NVMe disk, a stick with a partition, a stick without one, an SD card and a snap. */
const LSBLK = JSON.stringify({
  blockdevices: [
    { name: "loop0", "maj:min": "7:0", label: null, rm: false, ro: true, hotplug: false, size: 67_108_864, type: "loop", tran: null, model: null },
    {
      name: "sda", "maj:min": "8:0", label: null, rm: true, ro: false, hotplug: true, size: 62_109_253_632, type: "disk", tran: "usb", model: "Ultra Fit        ",
      children: [
        { name: "sda1", "maj:min": "8:1", label: "KURS \"A\"", rm: true, ro: false, hotplug: true, size: 62_108_205_056, type: "part", tran: null, model: null },
        { name: "sda2", "maj:min": "8:2", label: null, rm: true, ro: false, hotplug: true, size: 1_048_576, type: "part", tran: null, model: null },
      ],
    },
    { name: "sdb", "maj:min": "8:16", label: null, rm: false, ro: false, hotplug: true, size: 1_000_204_886_016, type: "disk", tran: "usb", model: "Portable SSD", children: [{ name: "sdb1", "maj:min": "8:17", label: null, rm: false, ro: false, hotplug: true, size: 1_000_203_091_968, type: "part", tran: null, model: null }] },
    { name: "mmcblk0", "maj:min": "179:0", label: null, rm: false, ro: true, hotplug: true, size: 31_914_983_424, type: "disk", tran: null, model: null, children: [{ name: "mmcblk0p1", "maj:min": "179:1", label: "CARD", rm: false, ro: true, hotplug: true, size: 31_910_789_120, type: "part", tran: null, model: null }] },
    { name: "nvme0n1", "maj:min": "259:0", label: null, rm: false, ro: false, hotplug: false, size: 512_110_190_592, type: "disk", tran: "nvme", model: "Samsung", children: [{ name: "nvme0n1p2", "maj:min": "259:2", label: null, rm: false, ro: false, hotplug: false, size: 510_000_000_000, type: "part", tran: "nvme", model: null }] },
  ],
});

const MOUNTINFO = `22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
40 22 7:0 / /snap/core/1 ro,nodev,relatime shared:20 - squashfs /dev/loop0 ro
90 22 8:1 / /media/ann/KURS\\040"A"\\040\\134\\012zwei rw,nosuid,nodev shared:50 - vfat /dev/sda1 rw,utf8
91 22 0:55 / /media/ann/Portable\\040模型 rw,nosuid shared:51 - fuseblk /dev/sdb1 rw,user_id=0
92 22 179:1 / /media/ann/CARD ro,nosuid shared:52 - vfat /dev/mmcblk0p1 ro
`;

test("lsblk: mounted volumes of what can be unplugged, whatever letters their names have", () => {
  expect(parseLsblk(LSBLK, MOUNTINFO)).toEqual([
    { path: '/media/ann/KURS "A" \\\nzwei', label: 'KURS "A"', removable: true, readOnly: false, sizeBytes: 62_108_205_056 },
    { path: "/media/ann/Portable 模型", label: "Portable SSD", removable: true, readOnly: false, sizeBytes: 1_000_203_091_968 },
    { path: "/media/ann/CARD", label: "CARD", removable: true, readOnly: true, sizeBytes: 31_910_789_120 },
  ]);
});

test("lsblk: a stick that the system runs from is no stick", () => {
  const live = MOUNTINFO.replace("259:2 / / ", "8:2 / / ").replace("/dev/nvme0n1p2", "/dev/sda2");
  expect(parseLsblk(LSBLK, live).map(({ label }) => label)).toEqual(["Portable SSD", "CARD"]);
});

test("lsblk: a stick mounted read-only by hand is read-only", () => {
  expect(parseLsblk(LSBLK, MOUNTINFO.replace("zwei rw,", "zwei ro,"))[0]?.readOnly).toBe(true);
});

test("lsblk: older versions write every value as text", () => {
  const old = LSBLK.replace(/: ?(true|false|\d+)(?=[,}])/g, (_, value: string) => `:"${value === "true" ? 1 : value === "false" ? 0 : value}"`);
  expect(parseLsblk(old, MOUNTINFO)).toEqual(parseLsblk(LSBLK, MOUNTINFO));
});

const WINDOWS = [
  { letter: "C", label: "Windows", type: "Fixed", size: 500_000_000_000, bus: "NVMe", system: true, readOnly: false },
  { letter: "D", label: "Daten", type: "Fixed", size: 900_000_000_000, bus: "SATA", system: false, readOnly: false },
  { letter: "E", label: "KURS Ü", type: "Removable", size: 62_000_000_000, bus: "USB", system: false, readOnly: false },
  { letter: "F", label: "", type: "Fixed", size: 1_000_000_000_000, bus: "USB", system: false, readOnly: true },
  { letter: "G", label: null, type: "Removable", size: 0, bus: "USB", system: false, readOnly: false },
];

test("PowerShell: sticks and USB disks, not the system's, and no card reader without a card", () => {
  expect(parsePowershell(`\uFEFF${JSON.stringify(WINDOWS)}\r\n`)).toEqual([
    { path: "E:\\", label: "KURS Ü", removable: true, readOnly: false, sizeBytes: 62_000_000_000 },
    { path: "F:\\", label: "F:", removable: true, readOnly: true, sizeBytes: 1_000_000_000_000 },
  ]);
});

test("PowerShell: one volume comes without a list, none as nothing", () => {
  expect(parsePowershell(JSON.stringify(WINDOWS[2]))).toHaveLength(1);
  expect(parsePowershell("\r\n")).toEqual([]);
});

test("diskutil: partitions and APFS volumes of external disks", () => {
  const json = JSON.stringify({
    AllDisks: ["disk4", "disk4s1", "disk4s2", "disk6", "disk6s1"],
    AllDisksAndPartitions: [
      {
        Content: "GUID_partition_scheme", DeviceIdentifier: "disk4", OSInternal: false, Size: 62_109_253_632,
        Partitions: [
          { Content: "EFI", DeviceIdentifier: "disk4s1", Size: 209_715_200, VolumeName: "EFI", MountPoint: "/Volumes/EFI" },
          { Content: "Microsoft Basic Data", DeviceIdentifier: "disk4s2", MountPoint: "/Volumes/KURS “A”", Size: 61_898_489_856, VolumeName: "KURS “A”" },
        ],
      },
      { DeviceIdentifier: "disk6", OSInternal: false, Size: 1_000_000, APFSVolumes: [{ DeviceIdentifier: "disk6s1", MountPoint: "/Volumes/SSD", Size: 1_000_000, VolumeName: "SSD" }, { DeviceIdentifier: "disk6s2", Size: 5 }] },
      { DeviceIdentifier: "disk9", OSInternal: true, Size: 5, Partitions: [{ MountPoint: "/Volumes/Internal", VolumeName: "Internal" }] },
    ],
    VolumesFromDisks: ["KURS “A”"], WholeDisks: ["disk4"],
  });
  expect(parseDiskutil(json).map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([["/Volumes/KURS “A”", 61_898_489_856], ["/Volumes/SSD", 1_000_000]]);
});

test("drivelist: removable, USB and card drives, not the system's and no disk images", () => {
  const drive = { isReadOnly: false, isRemovable: true, isSystem: false, isUSB: true, isCard: false, isVirtual: false, description: "SanDisk", size: 10, mountpoints: [{ path: "E:\\", label: null }] };
  expect(volumesOfDrives([drive])).toEqual([{ path: "E:\\", label: "SanDisk", removable: true, readOnly: false, sizeBytes: 10 }]);
  expect(volumesOfDrives([{ ...drive, isSystem: true }, { ...drive, isVirtual: true }, { ...drive, isRemovable: false, isUSB: false }, { ...drive, mountpoints: [] }])).toEqual([]);
});

test("an answer that is not what was asked for is refused, not half-read", () => {
  expect(() => parseLsblk("{}", "")).toThrow("blockdevices");
  expect(() => parsePowershell('{"letter":"..\\\\"}')).toThrow("letter");
  expect(() => parseDiskutil("not json")).toThrow("JSON");
});
