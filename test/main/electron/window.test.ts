import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";

/** Electron's API, stood in for: strict about what is called, and remembers what was asked of it. */
const electron = vi.hoisted(() => ({ windows: [] as { options: Record<string, never>; contents: EventEmitter & Record<string, unknown> }[], opened: [] as string[] }));

vi.mock("electron", () => ({
  BrowserWindow: class extends EventEmitter {
    webContents = Object.assign(new EventEmitter(), {
      setWindowOpenHandler(handler: unknown) {
        Object.assign(this, { openHandler: handler });
      },
      session: {
        setPermissionRequestHandler: (handler: unknown) => Object.assign(this.webContents, { requestHandler: handler }),
        setPermissionCheckHandler: (handler: unknown) => Object.assign(this.webContents, { checkHandler: handler }),
      },
    });
    constructor(options: Record<string, never>) {
      super();
      electron.windows.push({ options, contents: this.webContents as never });
    }
    loadURL = async () => {};
    show() {}
  },
  shell: { openExternal: async (url: string) => void electron.opened.push(url) },
}));

const { openWindow } = await import("../../../src/main/electron/window.ts");

beforeEach(() => {
  electron.windows.length = 0;
  electron.opened.length = 0;
});

test("the page runs isolated, sandboxed and without Node", async () => {
  await openWindow();
  expect(electron.windows[0]!.options.webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true });
});

test("the page can neither go elsewhere nor open a window; https links go to the system's browser", async () => {
  await openWindow();
  const { contents } = electron.windows[0]!;
  const handler = contents.openHandler as (details: { url: string }) => { action: string };
  expect(handler({ url: "https://example.org/" })).toEqual({ action: "deny" });
  expect(handler({ url: "file:///etc/passwd" })).toEqual({ action: "deny" });
  expect(handler({ url: "not a url" })).toEqual({ action: "deny" });
  expect(electron.opened).toEqual(["https://example.org/"]);

  const navigate = (url: string) => {
    const event = { url, preventDefault: vi.fn<() => void>() };
    contents.emit("will-navigate", event);
    return event.preventDefault.mock.calls.length > 0;
  };
  expect(navigate("https://example.org/")).toBe(true);
  expect(navigate("app://mentor/index.html")).toBe(false);
});

test("every permission but copying text is refused", async () => {
  await openWindow();
  const { contents } = electron.windows[0]!;
  const check = contents.checkHandler as (contents: null, permission: string) => boolean;
  expect(["media", "geolocation", "notifications", "clipboard-read", "usb"].filter((permission) => check(null, permission))).toEqual([]);
  expect(check(null, "clipboard-sanitized-write")).toBe(true);
});
