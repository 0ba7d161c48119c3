import { describe, expect, test } from 'vitest';
import { fragmentMessage } from '../../src/handshake/fragment.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { fromHex, toHex } from '../hex.ts';

const message = encodeHandshakeMessage(HandshakeType.certificate, 2, fromHex('0102030405'));

describe('fragmentMessage', () => {
  test.each([17, 18, 16_384])('a message that fits into %i bytes stays whole', (maxFragment) => {
    expect(fragmentMessage(message, maxFragment)).toEqual([message.raw]);
  });

  test('each fragment has a header and as much as fits', () => {
    expect(fragmentMessage(message, 14).map(toHex)).toEqual(
      ['0b000005 0002 000000 000002 0102', '0b000005 0002 000002 000002 0304', '0b000005 0002 000004 000001 05'].map(
        (text) => text.replaceAll(' ', ''),
      ),
    );
  });

  test('an empty message is one fragment', () => {
    const done = encodeHandshakeMessage(HandshakeType.serverHelloDone, 3, new Uint8Array(0));
    expect(fragmentMessage(done, 12).map(toHex)).toEqual(['0e0000000003000000000000']);
  });

  test.each([0, 12])('no fragment of %i bytes', (maxFragment) => {
    expect(() => fragmentMessage(message, maxFragment)).toThrow(RangeError);
  });
});
