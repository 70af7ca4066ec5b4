import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { hostCore } from "../../src/main/host/hosting.ts";
import { builtWindow, openWindow } from "../renderer/window.ts";
import { launchChromium } from "./chromium.ts";
import { endSession } from "./end-session.ts";

/** The window of a real core that has a folder of its own and no stick; all of it is gone when the test ends. */
export async function openHostedWindow() {
  await builtWindow();
  const folder = await mkdtemp(join(tmpdir(), "ai-mentor-window-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const hosted = (await hostCore({ dataFolder: folder, shell: "background", drives: { list: async () => [], watch: async (onChange) => onChange([]) } }))!;
  onTestFinished(() => endSession(hosted));
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  return { folder, hosted, ...(await openWindow(browser, hosted.url)) };
}
