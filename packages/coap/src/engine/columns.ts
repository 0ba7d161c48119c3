/** `larger` with the values of `column`: how tables of typed arrays grow. */
export function enlarged<Column extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  column: Column,
  larger: Column,
): Column {
  larger.set(column);
  return larger;
}
