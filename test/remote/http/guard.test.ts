import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { guard, guardUpgrade } from "../../../remote/http/guard.ts";

const KEY = "k".repeat(40);
const GOOD = { host: "127.0.0.1:18080", authorization: `Bearer ${KEY}` };

const upgrade = (headers: Record<string, string>) => guardUpgrade({ headers } as unknown as IncomingMessage, { key: KEY })?.status ?? null;

test.each(["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080"])("lets the session's key in on %s", (host) => {
  expect(upgrade({ ...GOOD, host })).toBeNull();
});

test.each([["a name that points here", "rebound.example:8080"], ["another address", "192.0.2.7:8080"], ["a look-alike", "127.0.0.1.example"], ["no host", ""]])("refuses %s as Host", (_, host) => {
  expect(upgrade({ ...GOOD, host })).toBe(403);
});

test.each(["https://evil.example", "null", "http://127.0.0.1.evil.example"])("refuses a page of %s even with the key", (origin) => {
  expect(upgrade({ ...GOOD, origin })).toBe(403);
});

test("a page of this computer still needs the key", () => {
  expect(upgrade({ ...GOOD, origin: "http://localhost:5173" })).toBeNull();
  expect(upgrade({ host: GOOD.host, origin: "http://localhost:5173" })).toBe(401);
});

test.each(["", `Bearer ${KEY}x`, `Bearer ${KEY.slice(1)}`, `Basic ${KEY}`, "Bearer "])("refuses the authorization %j", (authorization) => {
  expect(upgrade({ ...GOOD, authorization })).toBe(401);
});

test("as middleware, it answers before any handler runs", async () => {
  let handled = 0;
  const answered: unknown[] = [];
  const context = (headers: Record<string, string>) => ({
    req: { header: (name: string) => headers[name] },
    header: () => {},
    json: (body: unknown, status: number) => answered.push({ body, status }),
  });
  const middleware = guard({ key: KEY });
  const next = async () => void handled++;
  await middleware(context({ ...GOOD, host: "evil.example" }) as never, next);
  await middleware(context({ host: GOOD.host }) as never, next);
  expect(answered).toMatchObject([{ status: 403 }, { status: 401, body: { error: { code: "invalid_api_key" } } }]);
  expect(handled).toBe(0);
  await middleware(context(GOOD) as never, next);
  expect(handled).toBe(1);
});
