/** A link of an object list that names an Object or an Object Instance. */
export interface RegisteredLink {
  /** The path below the root path: `/3` or `/3/0`. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, string | true>>;
}
