import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SettingsStore } from "../../../src/main/host/settings-store.ts";

function store() {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, settings: new SettingsStore(folder) };
}

test("settings begin with safe defaults and survive a restart", async () => {
  const { folder, settings } = store();
  expect(await settings.read()).toMatchObject({ theme: "system", lastHost: { kind: "local" }, hosts: [] });
  await settings.update((old) => ({ ...old, theme: "dark" }));
  expect((await new SettingsStore(folder).read()).theme).toBe("dark");
});

test("changes made at the same time are all kept", async () => {
  const { settings } = store();
  await Promise.all(["a", "b", "c"].map((name) => settings.update((old) => ({ ...old, folders: [...old.folders, name] }))));
  expect((await settings.read()).folders).toEqual(["a", "b", "c"]);
});

test("a damaged file is put aside, not overwritten", async () => {
  const { folder, settings } = store();
  writeFileSync(join(folder, "settings.json"), "{ half");
  expect((await settings.read()).theme).toBe("system");
  expect(readdirSync(folder)).toContain("settings.json.damaged");
});
