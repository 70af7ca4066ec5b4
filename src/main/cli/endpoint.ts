import type { ModelEndpoint } from "../../contract/session.ts";

export const describeEndpoint = ({ url, model }: ModelEndpoint): string => (model === undefined ? url : `${model} at ${url}`);
