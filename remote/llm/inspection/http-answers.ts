import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";

/** How many answers each route gave with each status. Streams count when they begin. */
export class HttpAnswers {
  readonly #counts = new Map<string, number>();

  /** Only routes of ours are told apart: what somebody invents would make a label each. */
  count(): MiddlewareHandler {
    return async (context, next) => {
      await next();
      const route = matchedRoutes(context).at(-1)?.path ?? "";
      const labels = `{path="${route === "/*" ? "other" : route}",status="${context.res.status}"}`;
      this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
    };
  }

  entries(): [labels: string, count: number][] {
    return [...this.#counts];
  }
}
