/** Whether a file has a test with a title: the string as it stands there, or that of a row of its table. */
export function hasTitle(source: string, title: string): boolean {
  const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  return new RegExp(`[([:,]\\s*['"\`]${escaped}['"\`]`).test(source);
}
