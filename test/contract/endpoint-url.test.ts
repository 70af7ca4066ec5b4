import { expect, test } from "vitest";
import { parseEndpointUrl } from "../../src/contract/endpoint-url.ts";

test.each([
  ["https://llm.example.org", "https://llm.example.org/v1"],
  ["https://llm.example.org/v1/", "https://llm.example.org/v1"],
  ["https://llm.example.org/v1beta/openai/", "https://llm.example.org/v1beta/openai"],
  ["https://LLM.example.org:8443/team/v1", "https://llm.example.org:8443/team/v1"],
  [" http://localhost:8080 ", "http://localhost:8080/v1"],
  ["http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"],
  ["http://[::1]:8080", "http://[::1]:8080/v1"],
  ["http://10.1.2.3", "http://10.1.2.3/v1"],
  ["http://172.31.0.1", "http://172.31.0.1/v1"],
  ["http://192.168.7.7", "http://192.168.7.7/v1"],
  ["http://[fd12::1]", "http://[fd12::1]/v1"],
  ["http://vllm", "http://vllm/v1"],
  ["http://vllm.cluster.internal", "http://vllm.cluster.internal/v1"],
])("%s is asked at %s", (text, url) => expect(parseEndpointUrl(text)).toBe(url));

test.each(["", "llm.example.org", "ftp://llm.example.org", "https://ann:secret@llm.example.org", "https://llm.example.org?key=secret", "https://llm.example.org/#x"])("%j is no address of an endpoint", (text) => {
  expect(() => parseEndpointUrl(text)).toThrow(expect.objectContaining({ code: "endpoint-address-invalid" }));
  expect(() => parseEndpointUrl(text, { allowHttp: true })).toThrow(expect.objectContaining({ code: "endpoint-address-invalid" }));
});

test.each(["http://llm.example.org", "http://8.8.8.8", "http://172.32.0.1", "http://169.254.169.254", "http://[2001:db8::1]", "http://127.0.0.1.example.org", "http://local.example"])("%s would be readable on the way: it must be allowed", (text) => {
  expect(() => parseEndpointUrl(text)).toThrow(expect.objectContaining({ code: "endpoint-address-invalid", advice: expect.stringContaining("--allow-http") }));
  expect(parseEndpointUrl(text, { allowHttp: true })).toBe(`${text}/v1`);
});
