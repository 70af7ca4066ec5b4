import { listPackage } from "@electron/asar";
import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { copyEngine } from "../../../remote/kit/engine-layer.ts";
import { walk } from "../../../remote/kit/layer.ts";
import { servicesLayer } from "../../../remote/kit/services-layer.ts";
import { configuration } from "../../../scripts/package.mjs";
import { ROOT } from "../../../scripts/setup.mjs";
import { linkToAddress } from "../../../src/main/electron/core-link.ts";
import { PAGE_POLICY, servePage } from "../../../src/main/electron/page-protocol.ts";
import { takeCoreLock } from "../../../src/main/host/lock.ts";
import { ready } from "../../fakes/window/sessions.ts";
import { openStage } from "../../fakes/window/staged-core.ts";
import { launchChromium } from "../../parts/chromium.ts";
import { fusesOf, packageInto, standInElectron, withoutArchive } from "../../parts/packaged-app.ts";

/** Everything here looks at one app: packaging takes half a minute on a busy computer. */
let folder: string;
let app: string;
let resources: string;
let archived: string[];
/** The same, to be read by any Node. */
let readable: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "package-"));
  app = await packageInto(folder, await standInElectron(join(folder, "electron"), { fuses: true }));
  resources = join(app, "resources");
  archived = listPackage(join(resources, "app.asar"), { isPack: false }).map((path) => path.slice(1).replaceAll("\\", "/"));
  readable = await withoutArchive(resources, join(folder, "readable"));
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The optional ones may be missing where they could not be compiled. */
const isInstalled = (name: string) => existsSync(join(ROOT, "node_modules", name));

const packagesIn = (paths: string[]) => [...new Set(paths.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))].sort();

test("the archive holds the app, its licence and its native packages, and nothing else", () => {
  expect(archived.filter((path) => !path.includes("/")).sort()).toEqual(["LICENSE", "dist", "node_modules", "package.json"]);
  expect(archived.filter((path) => /^dist\/[^/]+$/.test(path)).sort()).toEqual(["dist/electron", "dist/renderer"]);
  expect(archived.filter((path) => path.startsWith("dist/electron/")).sort()).toEqual(["dist/electron/hash-worker.mjs", "dist/electron/main.mjs", "dist/electron/preload.cjs"]);
  expect(archived).toContain("dist/renderer/index.html");
  expect(packagesIn(archived)).toEqual(["asn1", "bcrypt-pbkdf", "bindings", "cpu-features", "debug", "drivelist", "file-uri-to-path", "ms", "safer-buffer", "ssh2", "tweetnacl"].filter(isInstalled));
});

test("no source, test or map and nothing to compile with is in it", () => {
  expect(archived.filter((path) => /\.([cm]?tsx?|map|cc|cpp|h|gyp|o|a|md|sha256)$|(^|\/)(tests?|examples?|obj\.target)(\/|$)|\.test\.|node-[a-z]+-x64/.test(path))).toEqual([]);
});

test("native modules lie beside the archive, and nothing but them", async ({ skip }) => {
  if (!isInstalled("ssh2/lib/protocol/crypto/build/Release/sshcrypto.node")) skip("ssh2's native module was not compiled when it was installed here.");
  const beside = await walk(join(resources, "app.asar.unpacked"));
  expect(beside).toContain("node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node");
  expect(beside.filter((path) => !path.endsWith(".node"))).toEqual([]);
});

test("what a kit is built from lies beside the archive, its services bundled", async () => {
  const beside = (await readdir(resources)).filter((name) => !/^default_app|unpacked$/.test(name)).sort();
  expect(beside).toEqual(["app.asar", "assets", "package-lock.json", "package.json", "remote"]);
  expect((await readdir(join(resources, "remote"))).sort()).toEqual(["kit", "node_modules", "package-lock.json", "package.json", "receiver", "services"]);
  expect((await walk(join(resources, "remote"))).filter((path) => path.endsWith(".ts"))).toEqual(["kit/verify.ts"]);
  expect(await readdir(join(resources, "assets", "practice-course"))).toHaveLength(5);

  const services = servicesLayer({ project: resources, cache: join(folder, "cache"), platform: "linux-x64" });
  await services.inputs();
  await services.build(join(folder, "services"));
  expect(await walk(join(folder, "services"))).toEqual(expect.arrayContaining(["agent.mjs", "api.mjs", "llm-alone.mjs", "llm.mjs", "loopback_only.py", "receiver.py", "start_llm_server.sh"]));
  await copyEngine(join(resources, "remote", "node_modules"), join(folder, "engine"));
  expect(await readdir(join(folder, "engine"))).toContain("node-llama-cpp");
});

test("the app's program runs no other code: not as Node, not inspected, not from a folder", async () => {
  const [runAsNode, , nodeOptions, inspect, integrity, onlyFromArchive, , fileScheme] = fusesOf(await readFile(join(app, "ai-mentor")));
  expect({ runAsNode, nodeOptions, inspect, integrity, onlyFromArchive, fileScheme }).toEqual({ runAsNode: "0", nodeOptions: "0", inspect: "0", integrity: "1", onlyFromArchive: "1", fileScheme: "0" });
});

test("only a stand-in for Electron, which has no fuses, is packaged without setting them", async () => {
  const without = await standInElectron(join(folder, "without-fuses"), { fuses: false });
  expect(configuration(ROOT, without)).toEqual({ extends: join(ROOT, "electron-builder.yml"), electronDist: without, electronFuses: null });
  expect(configuration(ROOT, join(folder, "electron"))).not.toHaveProperty("electronFuses");
  expect(configuration(ROOT, undefined)).toEqual({ extends: join(ROOT, "electron-builder.yml") });
});

const runApp = (home: string) => {
  const runner = join(ROOT, "test/fakes/electron/run-app.ts");
  return promisify(execFile)(process.execPath, [runner, join(readable, "app.asar/dist/electron/main.mjs")], { cwd: folder, env: { ...process.env, AI_MENTOR_HOME: home }, timeout: 60_000 });
};

test("its main process loads with nothing of the project around it, hosts the core, shows the window and quits; when it cannot start it says why", async () => {
  const home = join(folder, "home");
  const { stdout } = await runApp(home);
  expect(JSON.parse(stdout)).toEqual({
    preload: "preload.cjs",
    page: { status: 200, policy: PAGE_POLICY, text: await readFile(join(readable, "app.asar/dist/renderer/index.html"), "utf8") },
    shell: "electron",
    sticks: expect.any(Array),
    served: 200,
  });
  expect(existsSync(join(home, "core.json"))).toBe(false);

  const lock = takeCoreLock(home);
  await expect(runApp(home)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("already runs in another process") });
  lock?.release();
});

test("its window works in Chromium under the shell's own policy, and reaches the core through the preload's port", async () => {
  const core = await openStage({ session: ready() });
  const browser = await launchChromium();
  onTestFinished(async () => {
    await browser.close();
    await core.close();
  });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));

  // Chromium alone knows no app://; the same answers come under another name.
  await page.route("http://mentor.localhost/**", async (route) => {
    const answer = await servePage(join(readable, "app.asar/dist/renderer"), `app://mentor${new URL(route.request().url()).pathname}`);
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body: Buffer.from(await answer.arrayBuffer()) });
  });
  const port = Object.assign(new EventEmitter(), { start() {}, close() {}, postMessage: (frame: string) => void page.evaluate(`fromCore(${JSON.stringify(frame)})`) });
  await page.exposeFunction("toCore", (data: string) => port.emit("message", { data }));
  linkToAddress({ pid: process.pid, port: core.port, token: core.address.split("token=")[1]!, version: "" })(port as never);
  await page.addInitScript(`(${electronForPreload})(() => { ${await readFile(join(readable, "app.asar/dist/electron/preload.cjs"), "utf8")} })`);

  await page.goto("http://mentor.localhost/index.html");
  await page.getByRole("button", { name: "Show the session" }).click();
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  await page.getByRole("button", { name: "Logs" }).click();
  await page.getByLabel("Follow new lines").waitFor();
  expect(complaints).toEqual([]);
});

/** Stands for Electron in a page, as far as the preload uses it. */
const electronForPreload = `(preload) => {
  let give;
  const contextBridge = { exposeInMainWorld: (name, api) => (window[name] = api) };
  const send = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => toCore(data);
    window.fromCore = (frame) => port1.postMessage(frame);
    give({ ports: [port2] });
  };
  window.require = () => ({ contextBridge, ipcRenderer: { send, on: (channel, listener) => (give = listener) } });
  preload();
}`;
