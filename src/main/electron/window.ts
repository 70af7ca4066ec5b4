import { BrowserWindow, screen, shell, type Session } from "electron";
import { join } from "node:path";
import { PAGE_SCHEME, PAGE_URL } from "./page-protocol.ts";
import { readWindowState, SMALLEST, writeWindowState } from "./window-state.ts";

/** The one window: sandboxed, isolated, and unable to go or open anywhere else. */
export async function openWindow(stateFile: string): Promise<BrowserWindow> {
  const { maximised, ...place } = readWindowState(stateFile, screen.getAllDisplays().map(({ workArea }) => workArea));
  const window = new BrowserWindow({
    ...place,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: "AI Mentor",
    backgroundColor: "#f3f5f1",
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
  window.once("ready-to-show", () => (maximised ? window.maximize() : window.show()));
  window.on("close", () => writeWindowState(stateFile, window));
  await window.loadURL(PAGE_URL);
  return window;
}

function denyEverythingElse(window: BrowserWindow): void {
  const { webContents } = window;
  webContents.setWindowOpenHandler(({ url }) => {
    if (URL.canParse(url) && (new URL(url).protocol === "https:" || isCoursePage(new URL(url)))) void shell.openExternal(url);
    return { action: "deny" };
  });
  webContents.on("will-navigate", (event) => {
    if (new URL(event.url).protocol !== `${PAGE_SCHEME}:`) event.preventDefault();
  });
  webContents.on("will-attach-webview", (event) => event.preventDefault());
  refusePermissions(webContents.session);
}

/** A document of the course, which the core's own server shows in the system's browser. */
const isCoursePage = ({ protocol, hostname, pathname }: URL): boolean => protocol === "http:" && hostname === "127.0.0.1" && pathname.startsWith("/course/");

function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === "clipboard-sanitized-write"));
  session.setPermissionCheckHandler((_contents, permission) => permission === "clipboard-sanitized-write");
}
