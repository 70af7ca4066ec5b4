import { contextBridge, ipcRenderer } from "electron";

/** The page's own window; Node's types know none, and the sandbox gives no other part of the DOM to us. */
declare const window: { postMessage(message: unknown, origin: string, transfer: readonly unknown[]): void; location: { origin: string } };

/**
 * The page's only way out: it asks for a port, and gets one that carries the typed contract and
 * nothing else. A MessagePort cannot cross contextBridge, so it is handed over as a message.
 */
contextBridge.exposeInMainWorld("aiMentor", {
  connect: () => ipcRenderer.send("core:connect"),
});

ipcRenderer.on("core:port", (event) => {
  window.postMessage({ type: "ai-mentor:port" }, window.location.origin, event.ports);
});
