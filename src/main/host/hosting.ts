import type { AppInfo } from "../../contract/rpc.ts";
import type { Drives, Secrets } from "../../core/ports.ts";
import { serveWindow } from "../web/serve-window.ts";
import { removeCoreAddress, writeCoreAddress } from "./address.ts";
import { createCore, type Core, type ProviderOf } from "./core.ts";
import { takeCoreLock } from "./lock.ts";
import { createRouter, type MentorRouter } from "./router.ts";
import { startCoreServer } from "./server.ts";
import { windowFolder } from "./window-folder.ts";
import { newToken } from "./token.ts";
import { version } from "./version.ts";

export interface HostCoreOptions {
  dataFolder: string;
  shell: AppInfo["shell"];
  /** Electron's safeStorage; default: files only this user can read. */
  secrets?: Secrets;
  drives?: Drives;
  provider?: ProviderOf;
}

export interface HostedCore {
  core: Core;
  router: MentorRouter;
  /** The window's address, with the token in the fragment, which browsers never send. */
  url: string;
  /** Somebody looks, or a session is under way. */
  busy(): boolean;
  close(): Promise<void>;
}

/** Hosts this user's core, if no other process does: null when one does. Adopts a session that a crash left behind. */
export async function hostCore({ dataFolder, shell, secrets, drives, provider }: HostCoreOptions): Promise<HostedCore | null> {
  const lock = takeCoreLock(dataFolder);
  if (lock === null) return null;
  const core = await createCore({ dataFolder, shell, secrets, drives, provider });
  // Nobody is let in before it is known what an earlier crash left behind.
  await core.session.recover();
  void reportForgotten(core);
  const router = createRouter(core);
  const token = newToken();
  const window = serveWindow(windowFolder(), token);
  const server = await startCoreServer({ router, token, serveWindow: (request, response) => void (core.pages.serve(request, response) || window(request, response)) });
  core.pages.origin = `http://127.0.0.1:${server.port}`;
  await writeCoreAddress(dataFolder, { pid: process.pid, port: server.port, token, version });
  return {
    core,
    router,
    url: `http://127.0.0.1:${server.port}/#token=${token}`,
    busy: () => server.clients() > 0 || core.busy(),
    close: async () => {
      await removeCoreAddress(dataFolder);
      await server.close();
      await core.close();
      lock.release();
    },
  };
}

/** What runs at the provider without a session, said once at the start; the window shows it with two buttons. */
async function reportForgotten({ rentals, log }: Core): Promise<void> {
  const pods = await rentals.pods().catch(() => []);
  for (const { id, gpu, state, sessionId, microUsdPerHour } of pods) {
    if (sessionId === null && state !== "stopped") log("app", "warn", `The machine ${id} (${gpu ?? "unknown card"}) runs without a session and costs $${(microUsdPerHour / 1e6).toFixed(2)} an hour: ai-mentor pods shows it.`);
  }
}
