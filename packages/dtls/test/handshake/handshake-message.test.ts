import { expect, test } from 'vitest';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { fromHex, toHex } from '../hex.ts';

test('the header of a message that is not fragmented, and its body', () => {
  const body = fromHex('aabbcc');
  const message = encodeHandshakeMessage(HandshakeType.finished, 0x0102, body);
  expect(message).toMatchObject({ type: 20, sequence: 0x0102, body });
  expect(toHex(message.raw)).toBe('14 000003 0102 000000 000003 aabbcc'.replaceAll(' ', ''));
});

test('it owns its bytes, in one piece', () => {
  const body = fromHex('aabbcc');
  const message = encodeHandshakeMessage(HandshakeType.certificate, 1, body);
  body.fill(0);
  expect(toHex(message.body)).toBe('aabbcc');
  expect(message.body.buffer).toBe(message.raw.buffer);
  expect(message.raw.buffer.byteLength).toBe(15);
});

test('a sequence beyond 16 bits is refused', () => {
  expect(() => encodeHandshakeMessage(HandshakeType.finished, 65_536, new Uint8Array(12))).toThrow(RangeError);
});
