import { EventEmitter } from "node:events";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";

/** Electron's API, stood in for: strict about what is called, and remembers what was asked of it. */
const electron = vi.hoisted(() => ({ windows: [] as { options: Record<string, never>; contents: EventEmitter & Record<string, unknown>; window: EventEmitter }[], opened: [] as string[] }));

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
      electron.windows.push({ options, contents: this.webContents as never, window: this });
    }
    loadURL = async () => {};
    show() {}
    getNormalBounds = () => ({ x: 40, y: 50, width: 1000, height: 700 });
    isMaximized = () => false;
  },
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
  shell: { openExternal: async (url: string) => void electron.opened.push(url) },
}));

const { openWindow } = await import("../../../src/main/electron/window.ts");

const STATE = join(tmpdir(), `ai-mentor-window-${process.pid}.json`);
afterAll(() => rm(STATE, { force: true }));

beforeEach(() => {
  electron.windows.length = 0;
  electron.opened.length = 0;
});

test("the page runs isolated, sandboxed and without Node", async () => {
  await openWindow(STATE);
  expect(electron.windows[0]!.options.webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true });
});

test("the page can neither go elsewhere nor open a window; https links go to the system's browser", async () => {
  await openWindow(STATE);
  const { contents } = electron.windows[0]!;
  const handler = contents.openHandler as (details: { url: string }) => { action: string };
  expect(handler({ url: "https://example.org/" })).toEqual({ action: "deny" });
  expect(handler({ url: "file:///etc/passwd" })).toEqual({ action: "deny" });
  expect(handler({ url: "not a url" })).toEqual({ action: "deny" });
  expect(electron.opened).toEqual(["https://example.org/"]);
  // The core's own server shows documents of the course; nothing else of it is opened.
  handler({ url: "http://127.0.0.1:41837/course/ticket/lecture.pdf#page=12" });
  handler({ url: "http://127.0.0.1:41837/" });
  handler({ url: "http://example.org/course/x.pdf" });
  expect(electron.opened.slice(1)).toEqual(["http://127.0.0.1:41837/course/ticket/lecture.pdf#page=12"]);

  const navigate = (url: string) => {
    const event = { url, preventDefault: vi.fn<() => void>() };
    contents.emit("will-navigate", event);
    return event.preventDefault.mock.calls.length > 0;
  };
  expect(navigate("https://example.org/")).toBe(true);
  expect(navigate("app://mentor/index.html")).toBe(false);
});

test("every permission but copying text is refused", async () => {
  await openWindow(STATE);
  const { contents } = electron.windows[0]!;
  const check = contents.checkHandler as (contents: null, permission: string) => boolean;
  expect(["media", "geolocation", "notifications", "clipboard-read", "usb"].filter((permission) => check(null, permission))).toEqual([]);
  expect(check(null, "clipboard-sanitized-write")).toBe(true);
});

test("the window opens where it was closed", async () => {
  await openWindow(STATE);
  expect(electron.windows[0]!.options).toMatchObject({ width: 1280, height: 800 });
  electron.windows[0]!.window.emit("close");
  await openWindow(STATE);
  expect(electron.windows[1]!.options).toMatchObject({ x: 40, y: 50, width: 1000, height: 700 });
});
