import { expect, test } from "vitest";
import { composeCommand, composeFiles, MILVUS_IMAGE } from "../../../remote/milvus/compose.ts";

const PASSWORD = "a-password-of-this-test";

test("the stack is reached over the loopback only, asks for users, keeps its data beside the file, and is pinned", () => {
  const files = composeFiles({ port: 19531 }, { minio: PASSWORD });
  const stack = files["docker-compose.yml"]!;
  expect([...stack.matchAll(/ports: \[(.*)\]/g)].map(([, ports]) => ports)).toEqual(['"127.0.0.1:19531:19530"']);
  expect([...stack.matchAll(/"(\.\/volumes\/\w+):/g)].map(([, path]) => path)).toEqual(["./volumes/etcd", "./volumes/minio", "./volumes/milvus"]);
  expect(stack).toContain(`image: ${MILVUS_IMAGE.name}@sha256:`);
  expect([...stack.matchAll(/image: (\S+)/g)].every(([, image]) => /@sha256:[0-9a-f]{64}$|:v?[\w.-]*\d[\w.-]*$/.test(image!))).toBe(true);
  expect(files["milvus.yaml"]).toContain("authorizationEnabled: true");
});

test("the password stands in one file, and in no command", () => {
  const files = composeFiles({ port: 19530 }, { minio: PASSWORD });
  expect(Object.entries(files).filter(([, content]) => content.includes(PASSWORD)).map(([name]) => name)).toEqual([".env"]);
  expect(composeCommand({ folder: "/srv/a b" }, "up")).toEqual(["docker", "compose", "--project-directory", "/srv/a b", "--file", "/srv/a b/docker-compose.yml", "up", "--detach", "--wait"]);
  expect(composeCommand({ folder: "/srv" }, "down").at(-1)).toBe("down");
});

test.each(["short", "with space in it, and more", `quote"${PASSWORD}`, `line\n${PASSWORD}`])("a password that could be more than a password is refused", (minio) => {
  expect(() => composeFiles({ port: 19530 }, { minio })).toThrow(RangeError);
});
