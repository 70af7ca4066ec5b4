import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { onTestFinished } from "vitest";
import { KEY, startedServer } from "../remote/llm/support.ts";
import { keepKey } from "./kept-key.ts";
import { newUser, type CliRun, type CliUser } from "./mentor-cli.ts";
import { embeddingModel } from "./models.ts";
import type { SshHostPart } from "./ssh-host.ts";

export const COURSE = join(import.meta.dirname, "../../assets/practice-course");
/** One that the course answers, and where. */
export const QUESTION = "How many steps does binary search need?";
export const ANSWERED_BY = "02-searching-and-sorting.md";

/** A user whose models are served elsewhere, so that only the host and its course store are under test. */
export interface EndpointUser {
  user: CliUser;
  /** The endpoint, as this computer reaches it, and what opens it. */
  url: string;
  key: string;
  /** A session on this computer, with the sample course. */
  start(...words: string[]): Promise<CliRun>;
  /** A session on a host, which asks the endpoint over its own network. */
  startOn(host: SshHostPart, ...words: string[]): Promise<CliRun>;
}

/** Ends with the test that asks for it. */
export async function userWithEndpoint(): Promise<EndpointUser> {
  const server = await startedServer({ contextTokens: 2048, embeddingModel: await embeddingModel() });
  onTestFinished(() => server.close());
  const user = newUser();
  onTestFinished(() => user.leave());
  await keepKey(user, "llm", KEY);
  const start = (address: string, words: string[]) => {
    const url = `http://${address}/v1`;
    return user.run("start", "--llm-url", url, "--llm-model", "SmolLM2-135M-Instruct.Q4_1", "--embedding-url", url, "--embedding-model", "all-MiniLM-L6-v2.f16", ...words);
  };
  return {
    user,
    url: `http://127.0.0.1:${server.port}/v1`,
    key: KEY,
    start: (...words) => start(`127.0.0.1:${server.port}`, ["--course", COURSE, ...words]),
    async startOn(host, ...words) {
      const address = await heardBy(host, server.port);
      return start(address, ["--host", "ssh", "--ssh", host.address, "--identity", host.identity, ...words]);
    },
  };
}

/** Brings calls from a host's network to a server of this computer that answers on the loopback alone, under its own name. Returns `address:port`, until the test ends. */
async function heardBy({ computer }: SshHostPart, port: number): Promise<string> {
  const door = createServer((incoming, answer) => {
    const outgoing = request({ host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host: `127.0.0.1:${port}` } }, (heard) => {
      answer.writeHead(heard.statusCode!, heard.headers);
      pipeline(heard, answer, () => undefined);
    });
    pipeline(incoming, outgoing, (error) => error && answer.destroy());
  });
  door.listen(0, computer);
  await once(door, "listening");
  onTestFinished(() => {
    door.close();
    door.closeAllConnections();
  });
  return `${computer}:${(door.address() as AddressInfo).port}`;
}
