/**
 * The part of Runpod's API description that this project uses. The description carries no licence, so
 * what is kept is the interface alone: paths, parameters, schemas, answers. Its prose, examples and
 * code samples stay where they are published.
 */
const USED = {
  "/v2/pods": ["get", "post"],
  "/v2/pods/{id}": ["get", "delete"],
  "/v2/pods/{id}/logs": ["get"],
  "/v2/pods/{id}/action": ["post"],
  "/v2/network-volumes": ["get", "post"],
  "/v2/network-volumes/{id}": ["get", "delete"],
  "/v2/catalog/gpus": ["get"],
  "/v2/catalog/datacenters": ["get"],
  "/v2/billing/pods": ["get"],
};

const PROSE = new Set(["description", "summary", "examples", "example", "tags", "title", "externalDocs"]);

/** Maps whose keys are names of things, not words of the description's own language. */
const NAMES = new Set(["properties", "schemas", "parameters", "responses", "headers", "paths", "securitySchemes", "patternProperties", "$defs"]);

function bare(value, inNames = false) {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => inNames || (!PROSE.has(key) && !key.startsWith("x-")))
      .map(([key, inner]) => [key, bare(inner, !inNames && NAMES.has(key))]),
  );
}

function* references(value) {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$ref" && typeof inner === "string") yield inner;
    else yield* references(inner);
  }
}

/** OpenAPI asks for these words; they are ours. */
function withRequiredWords(operation) {
  for (const [status, answer] of Object.entries(operation.responses ?? {})) if (!("$ref" in answer)) answer.description = `Answer ${status}`;
  return operation;
}

export function reduce(whole) {
  const paths = {};
  for (const [path, methods] of Object.entries(USED)) {
    const { parameters, ...operations } = whole.paths[path];
    paths[path] = { ...(parameters && { parameters: bare(parameters) }) };
    for (const method of methods) paths[path][method] = withRequiredWords(bare(operations[method]));
  }
  const components = { securitySchemes: bare(whole.components.securitySchemes, true) };
  const pending = [...references(paths)];
  for (const reference of pending) {
    const [, , section, name] = reference.split("/");
    components[section] ??= {};
    if (name in components[section]) continue;
    const part = bare(whole.components[section][name]);
    if (section === "responses") part.description = name;
    components[section][name] = part;
    pending.push(...references(part));
  }
  return {
    openapi: whole.openapi,
    info: { title: whole.info.title, version: whole.info.version },
    servers: whole.servers.map(({ url }) => ({ url })),
    security: whole.security,
    paths,
    components: sorted(components),
  };
}

const sorted = (sections) =>
  Object.fromEntries(Object.entries(sections).map(([section, parts]) => [section, Object.fromEntries(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)))]));
