/** A few seeds in every run, many in the long one. */
export function seeds(few: number, many: number): number[] {
  return Array.from({ length: process.env.AI_MENTOR_LONG === "1" ? many : few }, (_, index) => index + 1);
}
