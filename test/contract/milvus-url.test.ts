import { expect, test } from "vitest";
import { milvusAddress, parseMilvusUrl } from "../../src/contract/milvus-url.ts";

test.each([
  ["https://in01-abc.api.gcp-us-west1.zillizcloud.com", "https://in01-abc.api.gcp-us-west1.zillizcloud.com:443", true],
  ["https://milvus.example:19530/", "https://milvus.example:19530", true],
  ["http://10.0.0.4", "http://10.0.0.4:19530", false],
  ["localhost:19531", "http://localhost:19531", false],
  ["http://milvus:80", "http://milvus:80", false],
  ["[::1]:19530", "http://[::1]:19530", false],
])("%s is %s", (text, url, tls) => {
  expect(parseMilvusUrl(text)).toBe(url);
  expect(parseMilvusUrl(url)).toBe(url);
  expect(milvusAddress(url)).toEqual({ address: url.replace(/^https?:\/\//, ""), tls });
});

test.each(["", "ftp://milvus", "https://root:Milvus@milvus.example", "https://milvus.example/path", "https://milvus.example?x=1", "milvus.example", "http://203.0.113.7:19530"])("“%s” is refused", (text) => {
  expect(() => parseMilvusUrl(text)).toThrow(expect.objectContaining({ code: "endpoint-address-invalid" }));
});

test("plain http over the internet is a person's own decision", () => {
  expect(parseMilvusUrl("http://203.0.113.7:19530", { allowHttp: true })).toBe("http://203.0.113.7:19530");
});
