/** What publishers append to a file's name: parts of a split, then the precision. */
const PART = /-\d{5}-of-\d{5}$/;
const PRECISION = /[-._](?:(?:UD|i1|imat)[-._])?(?:I?Q\d\w*|TQ\d\w*|MXFP4\w*|B?F16|F32|FP16)$/i;
/** File names that say nothing. */
const GENERIC = /^(?:(?:ggml|gguf)?[-_.]?model|.{0,3})$/i;

/**
 * What a model is called before people: its file's name without precision and part, because that is
 * the name it was downloaded by; converters fill the header's own name with anything. The header's
 * name counts only where the file's says nothing.
 */
export function displayName(file: string, ownName: unknown): string {
  const stem = file.replace(/\.gguf$/i, "").replace(PART, "").replace(PRECISION, "");
  const own = typeof ownName === "string" ? ownName.trim() : "";
  return GENERIC.test(stem) && own !== "" ? own : stem;
}
