import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DtlsError } from '../../src/errors.ts';
import { MESSAGE_CODECS, type MessageCodec } from './message-arbitraries.ts';
import { mutated } from './mutations.ts';

/** Whether the body decodes; then what came out survives encoding. Anything but a `DtlsError` fails the test. */
function decodes({ decode, again }: MessageCodec, body: Uint8Array): boolean {
  let value: unknown;
  try {
    value = decode(body);
  } catch (error) {
    expect(error).toBeInstanceOf(DtlsError);
    expect((error as DtlsError).alert).toBeDefined();
    return false;
  }
  expect(again(body)).toEqual(value);
  return true;
}

describe.each(MESSAGE_CODECS)('$name', (codec) => {
  test('what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(codec.values, (value) => {
        expect(codec.roundTrip(value)).toEqual(value);
      }),
    );
  });

  test('each message that is cut off, and each with a byte more, is refused', () => {
    fc.assert(
      fc.property(codec.bodies, fc.nat(), (body, seed) => {
        const cut = seed % body.length;
        // A hello without its extensions is a hello.
        if (decodes(codec, body.subarray(0, cut))) expect(codec.name).toMatch(/Hello$/);
        if (decodes(codec, Uint8Array.of(...body, 0))) expect.unreachable();
      }),
    );
  });

  test('a message that was tampered with gives a value or a DtlsError, nothing else', () => {
    fc.assert(
      fc.property(mutated(codec.bodies), (body) => {
        decodes(codec, body);
      }),
      { numRuns: 300 },
    );
  });

  test('arbitrary bytes give a value or a DtlsError, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (body) => {
        decodes(codec, body);
      }),
    );
  });
});

test('tampering leaves enough messages valid to look deeper', () => {
  const [clientHello] = MESSAGE_CODECS;
  if (clientHello === undefined) throw new Error('no codecs');
  const samples = fc.sample(mutated(clientHello.bodies), { numRuns: 500, seed: 7 });
  const valid = samples.filter((body) => decodes(clientHello, body)).length;
  expect(valid).toBeGreaterThan(25);
  expect(valid).toBeLessThan(475);
});
