/** The major types (RFC 8949 §3.1). */
export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** Additional information of an indefinite length, and of the break that ends it (RFC 8949 §3.2). */
export const INDEFINITE = 31;
export const BREAK = 0xff;

/** How many bytes follow the initial byte as its argument; undefined for the reserved values 28 to 30. */
export function argumentBytes(information: number): number | undefined {
  if (information < 24) return 0;
  if (information < 28) return 1 << (information - 24);
  return information === INDEFINITE ? 0 : undefined;
}

/** The argument of a head whose bytes are known to be there; beyond 2^53 it is rounded. */
export function headArgument(bytes: Uint8Array, offset: number): number {
  const information = (bytes[offset] ?? 0) & 31;
  if (information < 24) return information;
  let argument = 0;
  const length = argumentBytes(information) ?? 0;
  for (let index = 1; index <= length; index += 1) argument = argument * 256 + (bytes[offset + index] ?? 0);
  return argument;
}
