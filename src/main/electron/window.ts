import { BrowserWindow, shell, type Session } from "electron";
import { join } from "node:path";
import { PAGE_SCHEME, PAGE_URL } from "./page-protocol.ts";

/** The one window: sandboxed, isolated, and unable to go or open anywhere else. */
export async function openWindow(): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: "AI Mentor",
    backgroundColor: "#f7f5f0",
    webPreferences: {
      preload: join(import.meta.dirname, "preload.cjs"),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  denyEverythingElse(window);
  window.once("ready-to-show", () => window.show());
  await window.loadURL(PAGE_URL);
  return window;
}

function denyEverythingElse(window: BrowserWindow): void {
  const { webContents } = window;
  webContents.setWindowOpenHandler(({ url }) => {
    if (URL.canParse(url) && new URL(url).protocol === "https:") void shell.openExternal(url);
    return { action: "deny" };
  });
  webContents.on("will-navigate", (event) => {
    if (new URL(event.url).protocol !== `${PAGE_SCHEME}:`) event.preventDefault();
  });
  webContents.on("will-attach-webview", (event) => event.preventDefault());
  refusePermissions(webContents.session);
}

function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === "clipboard-sanitized-write"));
  session.setPermissionCheckHandler((_contents, permission) => permission === "clipboard-sanitized-write");
}
