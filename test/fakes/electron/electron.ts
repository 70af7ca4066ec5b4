import { EventEmitter } from "node:events";

/**
 * Electron's API as far as the main process of ours uses it, faithful in what can go wrong there:
 * it is ready only after the app's module has been evaluated, and a quit that is prevented is none.
 */
const ready = Promise.withResolvers<void>();

export const app = Object.assign(new EventEmitter(), {
  enableSandbox() {},
  requestSingleInstanceLock: () => true,
  whenReady: () => ready.promise,
  quit() {
    let prevented = false;
    app.emit("before-quit", { preventDefault: () => (prevented = true) });
    if (!prevented) app.emit("will-quit");
  },
  getLocale: () => "en-GB",
  exit: (code: number) => process.exit(code),
});

export const becomeReady = (): void => ready.resolve();

type Handler = (request: Request) => Promise<Response>;
const handlers = new Map<string, Handler>();

export const protocol = {
  registerSchemesAsPrivileged() {},
  handle: (scheme: string, handler: Handler) => void handlers.set(scheme, handler),
};

/** Resolves with what the first window was made with, and the page that it was given. */
export const windowOpened = Promise.withResolvers<{ options: { webPreferences: { preload: string } }; page: Response }>();

export class BrowserWindow extends EventEmitter {
  readonly #options;
  webContents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler() {},
    session: { setPermissionRequestHandler() {}, setPermissionCheckHandler() {} },
  });

  constructor(options: { webPreferences: { preload: string } }) {
    super();
    this.#options = options;
  }

  async loadURL(url: string): Promise<void> {
    const page = await handlers.get(new URL(url).protocol.slice(0, -1))!(new Request(url));
    windowOpened.resolve({ options: this.#options, page });
  }

  show() {}
  maximize() {}
  focus() {}
  isFocused = () => true;
  setProgressBar() {}
  getNormalBounds = () => ({ x: 0, y: 0, width: 1280, height: 800 });
  isMaximized = () => false;
}

export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };

export class Notification extends EventEmitter {
  show() {}
}

export const dialog = {
  showErrorBox: (title: string, content: string) => process.stderr.write(`${title}: ${content}\n`),
  showMessageBox: async () => ({ response: 1, checkboxChecked: false }),
};

export const ipcMain = new EventEmitter();
export const powerSaveBlocker = { start: () => 1, stop: () => true };
export const safeStorage = { isEncryptionAvailable: () => false, encryptString: (text: string) => Buffer.from(text), decryptString: (sealed: Buffer) => sealed.toString() };
export const shell = { openExternal: async () => {} };
export { MessageChannel as MessageChannelMain } from "node:worker_threads";
