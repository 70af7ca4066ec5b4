import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import type { CliUser } from "./mentor-cli.ts";

/** Keeps a key as a person at a terminal does, and sees that it is not said again. */
export async function keepKey(user: CliUser, name: string, key: string): Promise<void> {
  const [program, ...words] = user.command;
  const child = spawn(program!, [...words, "secret", "set", name], { env: user.env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(`${key}\n`);
  const [said, [exit]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect({ exit, said: said.includes(key) }).toEqual({ exit: 0, said: false });
}

/** Files under a folder that hold the text, relative to it. */
export function filesWith(folder: string, words: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => {
    const path = join(folder, file);
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true && readFileSync(path).includes(words);
  });
}
