/** A schema that the grammar cannot keep to in full. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  /** JSON pointer (RFC 6901) into the schema; empty for the whole of it. */
  readonly pointer: string;
  /** null where no single keyword is to blame. */
  readonly keyword: string | null;

  constructor(pointer: string, keyword: string | null, why: string) {
    super(`${keyword === null ? (pointer === "" ? "The schema" : pointer) : `${pointer}/${keyword}`}: ${why}`);
    this.pointer = pointer;
    this.keyword = keyword;
  }
}

/** What no value can fulfil. Where there is another way, such as a second `anyOf`, that is taken. */
export class ImpossibleError extends SchemaError {}
