// A tiny service of a kit: it takes `--config FILE` like the real ones, answers /health with the
// key, and does what the configuration's `model` says, one word each.
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";

const file = process.argv[process.argv.indexOf("--config") + 1];
const { port, key, model = "", modelLater = false } = JSON.parse(readFileSync(file, "utf8"));
const words = new Set(model.split(" "));
const diary = join(dirname(file), "stand-in.txt");
const write = (text) => appendFileSync(diary, `${text}\n`);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

write(`start ${process.pid}`);
process.stderr.write("plain words of the engine\n");
say({ log: "structured words", level: "debug" });
say({ progress: { done: 1, total: 2, unit: "bytes", rate: null, etaSeconds: null, detail: "loading" } });

if (words.has("child")) {
  // Leaves the group on purpose, and does not care about signals.
  const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  write(`child ${child.pid}`);
}
if (words.has("stubborn")) for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => write(`ignored ${signal}`));
if (words.has("reports")) {
  say({ error: { code: "gpu-unusable", message: "There is no driver." } });
  process.stdout.write("", () => process.exit(1));
} else if (words.has("crashes") || (words.has("heavy") && !modelLater)) {
  process.stderr.write("it burns\n");
  process.exitCode = 7;
} else {
  let loading = false;
  const server = createServer((request, response) => {
    if (request.url === "/models/load") {
      write("load");
      if (words.has("deaf")) return void response.writeHead(500).end();
      loading = true;
      if (words.has("heavy")) response.on("close", () => process.exit(9));
      if (!words.has("never-loads")) {
        setTimeout(() => {
          if (words.has("refuses")) say({ error: { code: "memory-too-small", message: "There is no room." } });
          loading = false;
        }, 50);
      }
      return void response.writeHead(200).end();
    }
    const welcome = request.headers.authorization === `Bearer ${key}` && !words.has("never-ready") && !loading;
    response.writeHead(welcome ? 200 : 503).end();
    if (request.url === "/use") say({ activity: true });
    if (request.url === "/crash") process.exit(9);
  });
  server.listen(port, "127.0.0.1");
}
