import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import description from "../../runpod/openapi-v2.json" with { type: "json" };
import type { OperationName } from "../../runpod/operations.ts";

interface Parameter {
  name: string;
  in: "query" | "path" | "header";
  required?: boolean;
  explode?: boolean;
  schema: { type?: string; items?: object };
}

interface Operation {
  operationId: string;
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: { "application/json": { schema: object } } };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** A call as the description knows it. */
export interface KnownCall {
  name: OperationName;
  /** Values of the path's parameters. */
  path: Record<string, string>;
}

const ROOT = "runpod";
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": DATE, float: true, double: true } });
ajv.addSchema(description, ROOT);

const validators = new Map<string, ValidateFunction>();

/** Points from a schema of its own into the description, so that `$ref` finds its way. */
function validator(pointer: string): ValidateFunction {
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `${ROOT}#${pointer}` });
  validators.set(pointer, known);
  return known;
}

const words = (validate: ValidateFunction) => (validate.errors ?? []).map(({ instancePath, message, params }) => `$${instancePath.replaceAll("/", ".")}: ${message}${"unevaluatedProperty" in params ? ` (${params.unevaluatedProperty})` : "additionalProperty" in params ? ` (${params.additionalProperty})` : ""}`);

const escaped = (path: string) => path.replaceAll("~", "~0").replaceAll("/", "~1");

interface Route {
  path: string;
  method: string;
  pattern: RegExp;
  operation: Operation;
  parameters: { parameter: Parameter; pointer: string }[];
}

const ROUTES: Route[] = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods as unknown as Record<string, Operation>)
    .filter(([method]) => method !== "parameters")
    .map(([method, operation]) => ({
      path,
      method,
      pattern: new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
      operation,
      parameters: (operation.parameters ?? []).map((parameter, index) => resolved(parameter, `/paths/${escaped(path)}/${method}/parameters/${index}`)),
    })),
);

function resolved(parameter: Parameter | { $ref: string }, pointer: string): { parameter: Parameter; pointer: string } {
  if (!("$ref" in parameter)) return { parameter, pointer };
  const name = parameter.$ref.split("/").at(-1) as keyof typeof description.components.parameters;
  return { parameter: description.components.parameters[name] as Parameter, pointer: `/components/parameters/${name}` };
}

/** Which call this is; null for none that the description knows. */
export function recognise(method: string, pathname: string): KnownCall | null {
  for (const route of ROUTES) {
    const match = route.method === method.toLowerCase() ? route.pattern.exec(pathname) : null;
    if (match !== null) return { name: route.operation.operationId as OperationName, path: Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])) };
  }
  return null;
}

const routeOf = (name: OperationName): Route => ROUTES.find(({ operation }) => operation.operationId === name)!;

/** What is wrong with a request: an unknown word in its query or body, a missing one, a wrong type. */
export function violations(name: OperationName, query: URLSearchParams, body: unknown): string[] {
  const { path, method, operation, parameters } = routeOf(name);
  const wrong: string[] = [];
  for (const key of new Set(query.keys())) {
    const known = parameters.find(({ parameter }) => parameter.in === "query" && parameter.name === key);
    if (known === undefined) wrong.push(`query: additional parameter '${key}' not allowed`);
    else {
      const validate = validator(`${known.pointer}/schema`);
      if (!validate(fromQuery(query.get(key)!, known.parameter.schema))) wrong.push(...words(validate).map((word) => `query ${key}: ${word}`));
    }
  }
  if (operation.requestBody === undefined) return body === undefined ? wrong : [...wrong, "$: no body expected"];
  if (body === undefined) return [...wrong, "$: a JSON body is required"];
  const validate = validator(`/paths/${escaped(path)}/${method}/requestBody/content/application~1json/schema`);
  return validate(body) ? wrong : [...wrong, ...words(validate)];
}

function fromQuery(value: string, schema: Parameter["schema"]): unknown {
  if (schema.type === "integer") return /^-?\d+$/.test(value) ? Number(value) : value;
  if (schema.type === "boolean") return value === "true" || (value === "false" ? false : value);
  return schema.type === "array" ? value.split(",") : value;
}

/** What is wrong with an answer, by the same description: the rehearsal holds itself to it. */
export function answerViolations(name: OperationName, status: number, body: unknown): string[] {
  const { path, method, operation } = routeOf(name);
  const key = String(status) in operation.responses ? String(status) : "default";
  const answer = operation.responses[key]!;
  if ("$ref" in answer || !("content" in answer)) return key === "default" || status >= 400 ? problemViolations(body) : body === undefined ? [] : ["a body where none belongs"];
  const [type] = Object.keys(answer.content!);
  if (type === "text/event-stream") return [];
  const validate = validator(`/paths/${escaped(path)}/${method}/responses/${key}/content/${escaped(type!)}/schema`);
  return validate(body) ? [] : words(validate);
}

function problemViolations(body: unknown): string[] {
  const validate = validator("/components/schemas/ErrorResponse");
  return validate(body) ? [] : words(validate);
}
