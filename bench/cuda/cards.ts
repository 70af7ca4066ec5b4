import { execFileSync } from "node:child_process";

/** An NVIDIA graphics card of this computer, as its driver tells. */
export interface Card {
  name: string;
  driver: string;
  /** Compute capability, such as "8.6". */
  architecture: string;
  memoryMib: number;
}

/**
 * Memory bandwidth in GB/s from NVIDIA's data sheets, by a part of the name. Every token of one stream reads
 * all weights once, so bandwidth over the file's size is the most tokens a second that can be.
 */
const BANDWIDTH: readonly [part: string, gigabytesPerSecond: number][] = [
  ["H200", 4800],
  ["H100 PCIe", 2000],
  ["H100", 3350],
  ["A100-SXM4-80GB", 2039],
  ["A100", 1935],
  ["L40S", 864],
  ["RTX A6000", 768],
  ["RTX A5000", 768],
  ["RTX A4500", 640],
  ["RTX A4000", 448],
  ["A40", 696],
  ["RTX 5090", 1792],
  ["RTX 4090", 1008],
  ["RTX 3090", 936],
  ["L4", 300],
];

/** None where no driver answers. */
export function findCards(query: (args: readonly string[]) => string = nvidiaSmi): Card[] {
  let answer: string;
  try {
    answer = query(["--query-gpu=name,driver_version,compute_cap,memory.total", "--format=csv,noheader,nounits"]);
  } catch {
    return [];
  }
  return answer.split("\n").filter(Boolean).map((line) => {
    const [name = "", driver = "", architecture = "", memory = ""] = line.split(",").map((word) => word.trim());
    return { name, driver, architecture, memoryMib: Number(memory) };
  });
}

/** In GB/s; null for a card that is not in the table. */
export function bandwidthOf({ name }: Card): number | null {
  return BANDWIDTH.find(([part]) => name.includes(part))?.[1] ?? null;
}

function nvidiaSmi(args: readonly string[]): string {
  return execFileSync("nvidia-smi", [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 30_000 });
}
