import type { EndpointKey } from "../../contract/endpoint.ts";

/** In the order in which they are shown. Not the contract's own list: that comes with a schema library, which the window leaves out. */
export const ENDPOINT_KEY_NAMES: readonly EndpointKey[] = ["runpod", "llm", "embedding"];
