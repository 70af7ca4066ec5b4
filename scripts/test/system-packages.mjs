import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { SetupError, runCommand } from "../setup/command.mjs";
import { findBrowser } from "./browser.mjs";

/**
 * What the tests need of the system beside Node: a real browser, a real SSH server, network
 * namespaces, skopeo, and Python for Milvus Lite. `macos` null: the tests that use it do not run there.
 */
const NEEDS = [
  // Ubuntu's package only asks for a snap, which starts neither in a container nor with a profile of ours.
  { name: "Chromium", debian: ["chromium"], ubuntu: "npx playwright install --with-deps chromium", macos: "brew install --cask google-chrome", present: () => findBrowser() !== null },
  { name: "OpenSSH's server", debian: ["openssh-server"], macos: null, present: () => onPath("sshd", ["/usr/sbin/sshd", "/usr/local/sbin/sshd"]) },
  { name: "OpenSSH's client", debian: ["openssh-client"], macos: null, present: () => onPath("ssh-keygen") },
  { name: "skopeo", debian: ["skopeo"], macos: null, present: () => onPath("skopeo") },
  { name: "OpenSSL", debian: ["openssl"], macos: "brew install openssl", present: () => onPath("openssl") },
  { name: "iproute2", debian: ["iproute2"], macos: null, present: () => onPath("ip", ["/sbin/ip", "/usr/sbin/ip"]) },
  { name: "Python 3.10 or newer", debian: ["python3"], macos: "brew install python", present: () => runs(["python3", "-c", "import sys; assert sys.version_info >= (3, 10)"]) },
  { name: "Python's pip", debian: ["python3-pip"], macos: "brew install python", present: () => runs(["python3", "-m", "pip", "--version"]) },
  { name: "Python's venv", debian: ["python3-venv"], macos: "brew install python", present: () => runs(["python3", "-c", "import venv, ensurepip"]) },
];

const runs = ([command, ...args]) => spawnSync(command, args, { stdio: "ignore", timeout: 30_000 }).status === 0;

const onPath = (name, elsewhere = []) => [...(process.env.PATH ?? "").split(":").map((folder) => `${folder}/${name}`), ...elsewhere].some((path) => existsSync(path));

const release = () => (existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "");

/** Installs what is missing as root on Debian or Ubuntu; elsewhere throws, naming each with its command. */
export async function requireSystemPackages(progress, { playwright, platform = process.platform, root = process.getuid?.() === 0, osRelease = release(), needs = NEEDS }) {
  if (platform === "win32") return;
  const missing = () => needs.filter((need) => (platform !== "darwin" || need.macos !== null) && !need.present());
  const wanting = missing();
  if (wanting.length === 0) return;
  const system = platform === "darwin" ? "macos" : /^ID="?ubuntu/m.test(osRelease) ? "ubuntu" : /^ID(_LIKE)?=.*\bdebian\b/m.test(osRelease) ? "debian" : "other";
  if (root && (system === "debian" || system === "ubuntu")) await install(wanting, { system, playwright, progress });
  const left = missing();
  if (left.length > 0) throw new SetupError("The tests need programs that are not here.", { advice: "Install them, then run this again.", lines: left.map((need) => `${need.name}: ${commandFor(need, system)}`) });
}

async function install(wanting, { system, playwright, progress }) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const byPlaywright = wanting.filter((need) => system === "ubuntu" && need.ubuntu !== undefined);
  const packages = wanting.filter((need) => !byPlaywright.includes(need)).flatMap((need) => need.debian);
  const title = `Install what the tests need (${wanting.map((need) => need.name).join(", ")})`;
  await progress.step(title, async () => {
    await runCommand(title, ["apt-get", "update", "-q"], { env });
    if (packages.length > 0) await runCommand(title, ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages], { env });
    if (byPlaywright.length > 0) await runCommand(title, [...playwright, "install", "--with-deps", "chromium"], { env });
  });
}

function commandFor(need, system) {
  const names = need.debian.join(" ");
  if (system === "macos") return need.macos;
  if (system === "ubuntu" && need.ubuntu !== undefined) return need.ubuntu;
  return system === "other" ? `your system's package that Debian calls ${names}` : `sudo apt-get install ${names}`;
}
