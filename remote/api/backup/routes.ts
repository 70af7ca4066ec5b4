import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Hono } from "hono";
import { z } from "zod";
import { RestoreOrder } from "../../../src/contract/backup.ts";
import { bodyOf, ndjson, parsed } from "../answers.ts";
import type { CourseBackups } from "./course-backups.ts";

const Offset = z.object({ offset: z.coerce.number().int().nonnegative().default(0) });

/** What src/contract/backup.ts names. */
export function backupRoutes(app: Hono, backups: CourseBackups): void {
  app.get("/api/backup", async (context) => context.json(await backups.state()));
  app.post("/api/backup/exports", (context) => ndjson(context.req.raw, (signal) => backups.export(signal)));
  app.get("/api/backup/exports/:id/:name", async (context) => {
    const path = await backups.fileOf(context.req.param("id"), context.req.param("name"));
    const { offset } = parsed(context.req.query(), Offset);
    const { size } = await stat(path);
    const body = Readable.toWeb(createReadStream(path, { start: Math.min(offset, size) })) as ReadableStream;
    return new Response(body, { headers: { "content-type": "application/octet-stream", "content-length": String(Math.max(0, size - offset)) } });
  });
  app.delete("/api/backup/exports/:id", async (context) => {
    await backups.removeExport(context.req.param("id"));
    return context.json({});
  });
  app.post("/api/backup/restore", async (context) => {
    const order = await bodyOf(context, RestoreOrder);
    return ndjson(context.req.raw, (signal) => backups.restore(order, signal));
  });
  app.post("/api/backup/undo", (context) => ndjson(context.req.raw, (signal) => backups.undo(signal)));
}
