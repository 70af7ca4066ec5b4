import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { PROGRAM_ENVIRONMENT, PROGRAM_FLAGS } from "../../remote/backup/program.ts";
import { readManifest } from "../../remote/backup/import.ts";
import { startMilvus, type RunningMilvus } from "../../test/parts/milvus.ts";
import { startMilvusServer } from "../../test/parts/milvus-server.ts";
import { formatTable, type BackupRow } from "./row.ts";
import { DIMENSION, expectedHash, type Task, type TaskResult } from "./task.ts";

const USAGE = `npm run bench:backup -- [--rows 10000,100000] [--kinds lite,standalone] [--json FILE]

Fills a course store with rows of ${DIMENSION} dimensions and text, and measures backup, proof, verification and restore
beside a bare loop that pages all rows out twice, a plain JSONL + zstd export, and the cold tar.gz of the stopped store.
`;

type Started = RunningMilvus & { token?: string };
const START: Record<string, (given: { dataDir: string; port?: number }) => Promise<Started>> = { lite: startMilvus, standalone: startMilvusServer };
const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);

async function task(given: Task): Promise<TaskResult> {
  const { stdout } = await run(process.execPath, [...PROGRAM_FLAGS, join(import.meta.dirname, "task.ts"), JSON.stringify(given)], { env: { ...process.env, ...PROGRAM_ENVIRONMENT }, maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as TaskResult;
}

async function measure(kind: string, rows: number): Promise<BackupRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "mentor-bench-backup-"));
  const dataDir = join(folder, "data");
  const measured: BackupRow[] = [];
  const add = (tool: BackupRow["tool"], step: string, seconds: number, rest: Partial<BackupRow> = {}) => {
    measured.push({ kind, rows, tool, step, seconds, bytes: null, rowsPerSecond: rows / seconds, peakRssMb: null, identical: null, ...rest });
    say(`  ${tool}, ${step}: ${seconds.toFixed(1)} s`);
  };
  await mkdir(dataDir);
  let milvus = await START[kind]!({ dataDir });
  try {
    const on = (what: Task["what"], where: string) => task({ what, target: { address: milvus.address, token: milvus.token }, rows, folder: join(folder, where) });
    const filled = await on("fill", "");
    add("milvus", "insert and index", filled.seconds);
    const bare = await on("bare", "");
    add("bare loop", "all rows out, twice", bare.seconds, { peakRssMb: bare.peakRssMb });
    const ours = await on("ours", "export");
    const { fields } = await readManifest(join(folder, "export"));
    const expected = expectedHash(rows, fields);
    add("ours", "backup and proof", ours.seconds, { bytes: ours.bytes!, peakRssMb: ours.peakRssMb, identical: ours.hash === expected });
    const verified = await on("verify", "export");
    add("ours", "verify", verified.seconds, { peakRssMb: verified.peakRssMb });
    const jsonl = await on("jsonl", "jsonl");
    add("jsonl+zstd", "export, not proven", jsonl.seconds, { bytes: jsonl.bytes!, peakRssMb: jsonl.peakRssMb });

    const begun = performance.now();
    await milvus.stop();
    const archive = join(folder, "cold.tar.gz");
    await run("tar", ["czf", archive, "-C", folder, "data"]);
    const packed = (performance.now() - begun) / 1000;
    milvus = await START[kind]!({ dataDir, port: milvus.port });
    await on("page", "").catch(() => on("page", ""));
    add("cold tar.gz", "stop, tar, start", (performance.now() - begun) / 1000, { bytes: (await stat(archive)).size });
    say(`  (of that until the archive was there: ${packed.toFixed(1)} s)`);

    await on("settle", "");
    const restored = await on("restore", "export");
    add("ours", "restore", restored.seconds, { peakRssMb: restored.peakRssMb, identical: restored.hash === expected });
    add("ours", "proof of the restore", restored.proofSeconds!);
  } finally {
    await milvus.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return measured;
}

const { values } = parseArgs({ options: { rows: { type: "string", default: "10000,100000" }, kinds: { type: "string", default: "lite,standalone" }, json: { type: "string" }, help: { type: "boolean" } } });
if (values.help) process.stdout.write(USAGE);
else {
  const all: BackupRow[] = [];
  for (const kind of values.kinds.split(",")) {
    if (START[kind] === undefined) throw new Error(`There is no kind ${kind}; there are ${Object.keys(START).join(", ")}.`);
    for (const rows of values.rows.split(",").map(Number)) {
      say(`${kind}, ${rows} rows`);
      all.push(...(await measure(kind, rows)));
      if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);
    }
  }
  process.stdout.write(formatTable(all));
}
