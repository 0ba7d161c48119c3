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

/** Additional information of half, single and double floats (RFC 8949 §3.3). */
export const HALF_FLOAT = 25;
const DOUBLE_FLOAT = 27;

const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

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

/** The float whose head, known to be complete, is at the offset. */
export function headFloat(bytes: Uint8Array, offset: number): number {
  const information = (bytes[offset] ?? 0) & 31;
  const length = 1 << (information - 24);
  for (let index = 0; index < length; index += 1) scratch[index] = bytes[offset + 1 + index] ?? 0;
  if (information === DOUBLE_FLOAT) return scratchView.getFloat64(0);
  return information === HALF_FLOAT ? halfFloat(scratchView.getUint16(0)) : scratchView.getFloat32(0);
}

/** RFC 8949 appendix D. */
function halfFloat(half: number): number {
  const exponent = (half >> 10) & 31;
  const mantissa = half & 0x3ff;
  const magnitude =
    exponent === 0
      ? mantissa * 2 ** -24
      : exponent === 31
        ? mantissa === 0
          ? Infinity
          : Number.NaN
        : (mantissa + 1024) * 2 ** (exponent - 25);
  return half >= 0x8000 ? -magnitude : magnitude;
}
