import { expect, test } from "vitest";
import { composeCommand, composeFiles } from "../../../remote/milvus/compose.ts";
import { MILVUS_IMAGE } from "../../../src/contract/milvus.ts";

const DATA = "/srv/a b/volumes";
const PASSWORD = "a-password-of-this-test";

test("the stack is reached over the loopback only, asks for users, keeps its data beside the file, and is pinned", () => {
  const files = composeFiles({ dataDir: DATA, port: 19531 }, { minio: PASSWORD });
  const stack = files["docker-compose.yml"]!;
  expect([...stack.matchAll(/ports: \[(.*)\]/g)].map(([, ports]) => ports)).toEqual(['"127.0.0.1:19531:19530"']);
  expect([...stack.matchAll(/"(\.\/volumes\/\w+):/g)].map(([, path]) => path)).toEqual(["./volumes/etcd", "./volumes/minio", "./volumes/milvus"]);
  expect(stack).toContain(`image: ${MILVUS_IMAGE.name}@sha256:`);
  expect([...stack.matchAll(/image: (\S+)/g)].every(([, image]) => /@sha256:[0-9a-f]{64}$|:v?[\w.-]*\d[\w.-]*$/.test(image!))).toBe(true);
  expect(files["milvus.yaml"]).toContain("authorizationEnabled: true");
});

test("the password stands in one file, and in no command", () => {
  const files = composeFiles({ dataDir: DATA, port: 19530 }, { minio: PASSWORD });
  expect(Object.entries(files).filter(([, content]) => content.includes(PASSWORD)).map(([name]) => name)).toEqual([".env"]);
  expect(composeCommand({ dataDir: DATA }, "up")).toEqual(["docker", "compose", "--project-directory", "/srv/a b", "--file", "/srv/a b/docker-compose.yml", "up", "--no-color", "--abort-on-container-exit"]);
  // Docker knows a stack by its name, and so must tell two users' apart.
  const name = (dataDir: string) => /^name: (.+)$/m.exec(composeFiles({ dataDir, port: 19530 }, { minio: PASSWORD })["docker-compose.yml"]!)![1];
  expect(name(DATA)).toBe(name(DATA));
  expect(name(DATA)).not.toBe(name("/srv/other/volumes"));
});

test.each(["short", "with space in it, and more", `quote"${PASSWORD}`, `line\n${PASSWORD}`])("a password that could be more than a password is refused", (minio) => {
  expect(() => composeFiles({ dataDir: DATA, port: 19530 }, { minio })).toThrow(RangeError);
});
