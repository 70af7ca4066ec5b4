import { expect, test, vi } from "vitest";
import type { SessionEvent, SessionPhase, SessionSnapshot } from "../../../src/contract/session.ts";
import { openSecrets } from "../../../src/adapters/local/secrets.ts";
import { keepAwake } from "../../../src/main/electron/keep-awake.ts";
import { confirmQuit } from "../../../src/main/electron/quit-question.ts";
import { sealedSecrets } from "../../../src/main/electron/sealed-secrets.ts";

const snapshot = (phase: SessionPhase) => ({ phase, host: { kind: "ssh", label: "root@203.0.113.7:22" } }) as SessionSnapshot;

test("secrets are sealed before they reach a file, and values from before sealing can still be read", async () => {
  const files = new Map<string, string>([["old", "plain"]]);
  const store = { get: async (name: string) => files.get(name) ?? null, set: async (name: string, value: string) => void files.set(name, value), delete: async (name: string) => void files.delete(name) };
  const safeStorage = { isEncryptionAvailable: () => true, encryptString: (text: string) => Buffer.from([...text].toReversed().join("")), decryptString: (sealed: Buffer) => [...sealed.toString()].toReversed().join("") };
  const secrets = sealedSecrets(store, safeStorage);
  await secrets.set("key", "hunter2-hunter2");
  expect(files.get("key")).not.toContain("hunter2");
  expect(await secrets.get("key")).toBe("hunter2-hunter2");
  expect(await secrets.get("old")).toBe("plain");
  expect(await secrets.get("none")).toBeNull();
});

test("a process without a key store refuses a sealed key instead of using the sealed text", async () => {
  const files = { get: async (name: string) => (name.endsWith(".sealed") ? "sealed:xyz" : "plain"), set: async () => {}, delete: async () => {} };
  await expect(openSecrets(files).get("session.sealed")).rejects.toMatchObject({ code: "session-sealed" });
  await expect(openSecrets(files).get("endpoint.sealed")).rejects.toMatchObject({ code: "secret-sealed" });
  expect(await openSecrets(files).get("other")).toBe("plain");
});

test("the computer is kept awake while a session starts, and may sleep once it is ready", async () => {
  const blocker = { start: vi.fn<() => number>(() => 7), stop: vi.fn<(id: number) => boolean>(() => true) };
  async function* watch(): AsyncGenerator<SessionEvent> {
    yield { type: "snapshot", seq: 1, session: snapshot("idle") };
    yield { type: "session", seq: 2, changes: { phase: "starting" } };
    yield { type: "session", seq: 3, changes: { phase: "starting" } };
    expect(blocker.start).toHaveBeenCalledExactlyOnceWith("prevent-app-suspension");
    expect(blocker.stop).not.toHaveBeenCalled();
    yield { type: "session", seq: 4, changes: { phase: "ready" } };
    expect(blocker.stop).toHaveBeenCalledExactlyOnceWith(7);
    yield { type: "session", seq: 5, changes: { phase: "stopping" } };
  }
  await keepAwake({ watch }, blocker, new AbortController().signal);
  expect(blocker.stop).toHaveBeenCalledTimes(2);
});

test.each([
  ["idle", null, "stopped", true, 0],
  ["stopped", null, "stopped", true, 0],
  ["ready", 0, "stopped", true, 1],
  ["ready", 0, "needs-help", false, 1],
  ["ready", 1, "stopped", true, 0],
  ["starting", 2, "stopped", false, 0],
  ["stopping", 0, "stopped", true, 0],
  ["stopping", 0, "needs-help", false, 0],
] as const)("quitting while %s with answer %s, ending %s: goes %s, stops %i sessions", async (phase, response, end, goes, stops) => {
  const session = {
    snapshot: () => snapshot(phase),
    stop: vi.fn<() => Promise<SessionSnapshot>>(async () => {
      if (phase === "stopping") throw new Error("already stopping");
      return snapshot("stopping");
    }),
    async *watch(): AsyncGenerator<SessionEvent> {
      yield { type: "snapshot", seq: 1, session: snapshot("stopping") };
      yield { type: "session", seq: 2, changes: { phase: end } };
    },
  };
  const dialog = { showMessageBox: vi.fn<() => Promise<{ response: number; checkboxChecked: boolean }>>(async () => ({ response: response ?? 0, checkboxChecked: false })) };
  expect(await confirmQuit(session, dialog)).toBe(goes);
  expect(session.stop).toHaveBeenCalledTimes(stops);
  expect(dialog.showMessageBox).toHaveBeenCalledTimes(response === null ? 0 : 1);
});
