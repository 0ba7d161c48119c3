/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): 8 bytes that nobody can tell without the 16 bytes of the key. In 32 bit halves,
 * since 64 bit integers are slow here.
 */
export function sipHash(key: Uint8Array, data: Uint8Array): Uint8Array {
  const keys = new DataView(key.buffer, key.byteOffset, 16);
  const state = new Uint32Array(8); // v0 to v3, the lower half of each first
  for (let index = 0; index < 8; index++) {
    state[index] = wordAt(INITIAL, index) ^ keys.getUint32((index & 3) * 4, true);
  }
  // The last block is what is left over, and the length in its last byte.
  const padded = new DataView(new ArrayBuffer((data.length & ~7) + 8));
  new Uint8Array(padded.buffer).set(data);
  padded.setUint8(padded.byteLength - 1, data.length & 0xff);
  for (let offset = 0; offset < padded.byteLength; offset += 8) {
    const low = padded.getUint32(offset, true);
    const high = padded.getUint32(offset + 4, true);
    xorInto(state, V3, low, high);
    rounds(state, 2);
    xorInto(state, V0, low, high);
  }
  xorInto(state, V2, 0xff, 0);
  rounds(state, 4);
  const result = new DataView(new ArrayBuffer(8));
  for (const half of [0, 1]) {
    const word =
      wordAt(state, V0 + half) ^ wordAt(state, V1 + half) ^ wordAt(state, V2 + half) ^ wordAt(state, V3 + half);
    result.setUint32(4 * half, word, true);
  }
  return new Uint8Array(result.buffer);
}

const V0 = 0;
const V1 = 2;
const V2 = 4;
const V3 = 6;

/** "somepseudorandomlygeneratedbytes", as the paper has it. */
const INITIAL = Uint32Array.of(
  0x70736575,
  0x736f6d65,
  0x6e646f6d,
  0x646f7261,
  0x6e657261,
  0x6c796765,
  0x79746573,
  0x74656462,
);

function rounds(state: Uint32Array, count: number): void {
  for (let round = 0; round < count; round++) {
    mix(state, V0, V1, 13);
    rotate(state, V0, 32);
    mix(state, V2, V3, 16);
    mix(state, V0, V3, 21);
    mix(state, V2, V1, 17);
    rotate(state, V2, 32);
  }
}

/** `a += b; b = (b <<< bits) ^ a` */
function mix(state: Uint32Array, a: number, b: number, bits: number): void {
  const low = wordAt(state, a) + wordAt(state, b);
  state[a + 1] = wordAt(state, a + 1) + wordAt(state, b + 1) + (low > 0xffff_ffff ? 1 : 0);
  state[a] = low;
  rotate(state, b, bits);
  xorInto(state, b, wordAt(state, a), wordAt(state, a + 1));
}

/** To the left, by up to 32 bits. */
function rotate(state: Uint32Array, at: number, bits: number): void {
  const low = wordAt(state, at);
  const high = wordAt(state, at + 1);
  state[at] = bits === 32 ? high : (low << bits) | (high >>> (32 - bits));
  state[at + 1] = bits === 32 ? low : (high << bits) | (low >>> (32 - bits));
}

function xorInto(state: Uint32Array, at: number, low: number, high: number): void {
  state[at] = wordAt(state, at) ^ low;
  state[at + 1] = wordAt(state, at + 1) ^ high;
}

function wordAt(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
