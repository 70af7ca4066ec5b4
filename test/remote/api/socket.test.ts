import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApi } from "../../../remote/api/start.ts";

/** Any web page can knock, and hang up whenever it likes: no knock may end the service for everybody. */
test("a stranger at the WebSocket's door cannot end the service", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mentor-socket-"));
  const api = await startApi({ key: "k".repeat(40), port: 0, llmUrl: "http://127.0.0.1:1", milvusAddress: "127.0.0.1:1", collection: "c", embedding: { name: "none", sha256: "a".repeat(64) }, dataDir: folder });
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Asks for an upgrade as a foreign page would; with `reset` it hangs up in the middle of the answer. */
  const knock = (path: string, reset: boolean) =>
    new Promise<string>((resolve) => {
      const socket = connect(api.port, "127.0.0.1");
      let answer = "";
      socket.on("data", (data) => (answer += data)).on("error", () => {}).once("close", () => resolve(answer));
      const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${api.port}`, "Connection: Upgrade", "Upgrade: websocket", "Origin: https://evil.example", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
      socket.write(`${lines.join("\r\n")}\r\n\r\n`, () => reset && socket.resetAndDestroy());
    });

  expect(await knock("//", false)).toMatch(/^HTTP\/1.1 403 /);
  for (let time = 0; time < 10; time++) await knock("/ws/chat", true);
  expect(await knock("/ws/chat", false)).toMatch(/^HTTP\/1.1 403 /);
});
