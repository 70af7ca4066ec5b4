import { z } from "zod";

/** What a person can hand to whoever helps: read it first, it is plain text. */
export interface SupportBundle {
  fileName: string;
  text: string;
}

/** A conversation as the window keeps it. What stands in an exchange is the window's own business. */
export const KeptConversation = z.object({
  id: z.uuid(),
  title: z.string().max(300),
  /** ISO 8601. */
  updatedAt: z.string(),
  exchanges: z.array(z.record(z.string(), z.unknown())).max(500),
});
export type KeptConversation = z.infer<typeof KeptConversation>;

/** A document of the course, by the name that a source carries. */
export const CoursePlace = z.object({ file: z.string().min(1).max(1000), page: z.number().int().positive().nullable() });
export type CoursePlace = z.infer<typeof CoursePlace>;
