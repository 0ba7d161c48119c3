import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeBase64,
  decodeSenmlCbor,
  decodeSenmlFetch,
  decodeSenmlJson,
  decodeSenmlPatch,
  encodeBase64,
  encodeSenmlCbor,
  encodeSenmlJson,
  findInvalidUtf8,
  packSenml,
  resolveSenml,
  SenmlError,
} from '@flownexus/senml';
import type { SenmlNumber, SenmlPatchRecord, SenmlRecord } from '@flownexus/senml';

const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((value) => {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
});
// Adding 0 makes -0 a 0: an integer has no signed zero.
const number = fc.oneof(
  integer,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const text = fc
  .tuple(fc.constantFrom('', '', '\uFEFF'), fc.string({ unit: 'binary', maxLength: 80 }))
  .map(([mark, rest]) => mark + rest)
  .filter((value) => value.isWellFormed());
const time = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((t) => t + 0),
);

const record: fc.Arbitrary<SenmlRecord> = fc
  .tuple(
    fc.record(
      {
        bn: text,
        bt: time,
        bu: text,
        bv: number,
        bs: number,
        bver: fc.integer({ min: 1, max: 10 }),
        n: text,
        u: text,
        s: number,
        t: time,
        ut: time,
      },
      { requiredKeys: [] },
    ),
    fc.oneof(
      fc.constant({}),
      fc.record({ v: number }),
      fc.record({ v: number, float: fc.constant(true) }),
      fc.record({ vs: text }),
      fc.record({ vb: fc.boolean() }),
      fc.record({ vd: fc.uint8Array({ maxLength: 300 }) }),
      fc.record({ vlo: text }),
    ),
  )
  .map(([fields, value]) => ({ ...fields, ...value }));

/** The record as decoders give it: an integral double beyond 2^53 can not be written as an integer. */
function asDecoded(written: SenmlRecord): SenmlRecord {
  const { v, bv, float, bvFloat, ...rest } = written;
  const isFloat = (value: SenmlNumber | undefined, flag: boolean | undefined): boolean =>
    typeof value === 'number' && Number.isInteger(value) && (flag === true || !Number.isSafeInteger(value));
  return {
    ...rest,
    ...(v === undefined ? {} : { v: float === true ? Number(v) : v }),
    ...(bv === undefined ? {} : { bv }),
    ...(isFloat(float === true && v !== undefined ? Number(v) : v, float) ? { float: true } : {}),
    ...(isFloat(bv, bvFloat) ? { bvFloat: true } : {}),
  };
}

test('JSON round trip', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      expect(decodeSenmlJson(encodeSenmlJson(records))).toEqual(records.map(asDecoded));
    }),
  );
});

test('CBOR round trip', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      expect(decodeSenmlCbor(encodeSenmlCbor(records))).toEqual(records.map(asDecoded));
    }),
  );
});

test('a float stays its value', () => {
  fc.assert(
    fc.property(fc.double(), (v) => {
      const float = Number.isInteger(v) ? { float: true } : {};
      expect(decodeSenmlCbor(encodeSenmlCbor([{ n: 'a', v, float: true }]))).toEqual([{ n: 'a', v, ...float }]);
      if (!Number.isFinite(v)) return;
      expect(decodeSenmlJson(encodeSenmlJson([{ n: 'a', v, float: true }]))).toEqual([{ n: 'a', v, ...float }]);
    }),
  );
});

function decodesOrRefuses(decode: () => SenmlPatchRecord[]): void {
  try {
    const resolved = resolveSenml(decode(), { now: 0 });
    resolveSenml(packSenml(resolved));
    encodeSenmlCbor(packSenml(resolved));
  } catch (error) {
    expect(error).toBeInstanceOf(SenmlError);
  }
}

function allDecodeOrRefuse(bytes: Uint8Array): void {
  decodesOrRefuses(() => decodeSenmlCbor(bytes));
  decodesOrRefuses(() => decodeSenmlJson(bytes));
  for (const form of ['json', 'cbor'] as const) {
    decodesOrRefuses(() => decodeSenmlFetch(bytes, form));
    decodesOrRefuses(() => decodeSenmlPatch(bytes, form));
  }
}

test('arbitrary bytes give records or a SenmlError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), allDecodeOrRefuse), { numRuns: 2000 });
});

test('damaged packs give records or a SenmlError', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(255), (records, at, byte) => {
      for (const encode of [encodeSenmlCbor, encodeSenmlJson]) {
        const bytes = encode(records);
        bytes[at % bytes.length] = byte;
        allDecodeOrRefuse(bytes);
        allDecodeOrRefuse(bytes.subarray(0, at % bytes.length));
      }
    }),
    { numRuns: 1000 },
  );
});

test('arbitrary JSON gives records or a SenmlError', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.constantFrom('n', 'bn', 'v', 'vs', 'vb', 'vd', 't', '__proto__'), fc.jsonValue())),
      (value) => {
        decodesOrRefuses(() => decodeSenmlJson(JSON.stringify(value)));
      },
    ),
    { numRuns: 1000 },
  );
});

test('packing is the opposite of resolving', () => {
  const name = fc
    .array(fc.constantFrom('/', '/3/0/', '9', '/30', 'a'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''));
  const entry = fc.record(
    { name, time, unit: text, updateTime: time, v: number, sum: number, remove: fc.constant(true as const) },
    { requiredKeys: ['name'] },
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
      const packed = packSenml(entries);
      expect(resolveSenml(packed)).toEqual(entries);
      const names = entries.map((item) => item.name);
      const base = packed[0]?.bn ?? '';
      expect(base === '' || base.endsWith('/')).toBe(true);
      expect(names.every((full) => full.startsWith(base))).toBe(true);
    }),
  );
});

test('base64 round trip, and the same text as Buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(encodeBase64(bytes, 'urlUnpadded')).toBe(Buffer.from(bytes).toString('base64url'));
      expect(encodeBase64(bytes, 'standardPadded')).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(encodeBase64(bytes, 'urlUnpadded'))).toEqual(bytes);
      expect(decodeBase64(encodeBase64(bytes, 'standardPadded'))).toEqual(bytes);
    }),
  );
});

test('UTF-8 is judged as TextDecoder does', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), (codes) => {
      const bytes = Uint8Array.from(codes);
      let valid = true;
      try {
        strict.decode(bytes);
      } catch {
        valid = false;
      }
      expect(findInvalidUtf8(bytes, 0, bytes.length) === -1).toBe(valid);
    }),
    { numRuns: 5000 },
  );
});
