import { app, dialog, ipcMain, Notification, powerSaveBlocker, protocol, safeStorage, type BrowserWindow } from "electron";
import { join } from "node:path";
import { dataFolder } from "../../adapters/local-files/folders.ts";
import { fileSecrets } from "../../adapters/local/secrets.ts";
import { ERRORS, MentorError, toErrorReport } from "../../contract/errors.ts";
import { readCoreAddress } from "../host/address.ts";
import { hostCore, type HostedCore } from "../host/hosting.ts";
import { windowFolder } from "../host/window-folder.ts";
import { drawAttention } from "./attention.ts";
import { linkToAddress, linkToRouter, type CoreLink } from "./core-link.ts";
import { keepAwake } from "./keep-awake.ts";
import { connectPage } from "./page-port.ts";
import { PAGE_SCHEME, servePage } from "./page-protocol.ts";
import { confirmQuit } from "./quit-question.ts";
import { sealedSecrets } from "./sealed-secrets.ts";
import { openWindow } from "./window.ts";

/** The thin Electron shell: it hosts or finds the core, shows the window, and asks before it goes. */
protocol.registerSchemesAsPrivileged([{ scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
app.enableSandbox();

async function main(): Promise<void> {
  if (!app.requestSingleInstanceLock()) return app.quit();
  await app.whenReady();
  protocol.handle(PAGE_SCHEME, (request) => servePage(windowFolder(), request.url));

  const folder = dataFolder();
  const hosted = await hostCore({ dataFolder: folder, shell: "electron", secrets: sealedSecrets(fileSecrets(folder), safeStorage) });
  const link = hosted === null ? await linkToOther(folder) : linkToRouter(hosted.router);
  ipcMain.on("core:connect", (event) => connectPage(event, link));

  const awake = new AbortController();
  if (hosted !== null) void keepAwake(hosted.core.session, powerSaveBlocker, awake.signal);

  let window: BrowserWindow | null = await openWindow(join(folder, "window.json"));
  app.on("second-instance", () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  window.on("closed", () => (window = null));
  app.on("window-all-closed", () => app.quit());
  if (hosted === null) return;
  const tools = {
    setProgressBar: (share: number) => window?.setProgressBar(share),
    isFocused: () => window?.isFocused() ?? false,
    notify: (title: string, body: string) => {
      const notification = new Notification({ title, body });
      notification.on("click", () => window?.focus());
      notification.show();
    },
    settings: () => hosted.core.settings.read(),
    locale: app.getLocale(),
  };
  void drawAttention(hosted.core.session, tools, awake.signal);
  askBeforeQuit(hosted, awake);
}

async function linkToOther(folder: string): Promise<CoreLink> {
  const address = await readCoreAddress(folder);
  if (address === null) throw new MentorError("core-unreachable", "The app already runs in another process, which has left no address.");
  return linkToAddress(address);
}

function askBeforeQuit(hosted: HostedCore, awake: AbortController): void {
  let state: "open" | "asking" | "decided" = "open";
  app.on("before-quit", (event) => {
    if (state === "decided") return;
    event.preventDefault();
    if (state === "asking") return;
    state = "asking";
    void (async () => {
      state = (await confirmQuit(hosted.core.session, dialog).catch(() => true)) ? "decided" : "open";
      if (state === "open") return;
      awake.abort();
      // A core that cannot close in order must not keep the app open: the session is found again.
      await hosted.close().catch(() => undefined);
      app.quit();
    })();
  });
}

// Not awaited: Electron is ready only after this module has been evaluated.
main().catch((error: unknown) => {
  const { code, message, advice } = toErrorReport(error);
  dialog.showErrorBox(ERRORS[code].title, `${message}\n\n${advice ?? ERRORS[code].advice}`);
  app.exit(1);
});
