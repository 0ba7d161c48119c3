import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/bytes.ts';
import { fragmentMessage } from '../../src/handshake/fragment.ts';
import {
  encodeFragment,
  encodeHandshakeMessage,
  type HandshakeMessage,
  HandshakeType,
} from '../../src/handshake/handshake-message.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { MAX_FRAGMENT_RANGES, MAX_HANDSHAKE_MESSAGE, MAX_MESSAGES_AHEAD, MAX_TRANSCRIPT } from '../../src/limits.ts';
import { dtlsErrorOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

const BODY = fromHex('00010203040506070809');

function wholeMessage(sequence: number, body: Uint8Array = BODY): HandshakeMessage {
  return encodeHandshakeMessage(HandshakeType.certificate, sequence, body);
}

/** Bytes `start` to `end` of a message of the length of `BODY`, unless the header is told to say something else. */
function fragment(
  start: number,
  end: number,
  change: { sequence?: number; type?: number; length?: number; offset?: number; body?: Uint8Array } = {},
): Uint8Array {
  const { sequence = 0, type = HandshakeType.certificate, length = BODY.length, offset = start, body = BODY } = change;
  const part = body.subarray(start, end);
  return encodeFragment({ type, sequence, length, offset, fragmentLength: part.length }, part);
}

function drain(reassembler: Reassembler): HandshakeMessage[] {
  const messages: HandshakeMessage[] = [];
  for (let next = reassembler.next(); next !== undefined; next = reassembler.next()) messages.push(next);
  return messages;
}

function reassemble(...contents: readonly Uint8Array[]): HandshakeMessage[] {
  const reassembler = new Reassembler(0);
  for (const content of contents) reassembler.add(content);
  return drain(reassembler);
}

describe('order', () => {
  test('a whole message', () => {
    expect(reassemble(wholeMessage(0).raw)).toEqual([wholeMessage(0)]);
  });

  test('several messages in one record', () => {
    expect(reassemble(concatBytes(wholeMessage(0).raw, wholeMessage(1).raw))).toEqual([
      wholeMessage(0),
      wholeMessage(1),
    ]);
  });

  test('messages wait for the one that is due', () => {
    const reassembler = new Reassembler(3);
    reassembler.add(wholeMessage(5).raw);
    reassembler.add(wholeMessage(4).raw);
    expect(reassembler.next()).toBeUndefined();
    expect(reassembler.bytes).toBe(2 * BODY.length);
    reassembler.add(wholeMessage(3).raw);
    expect(drain(reassembler)).toEqual([3, 4, 5].map((sequence) => wholeMessage(sequence)));
    expect(reassembler).toMatchObject({ nextSequence: 6, bytes: 0 });
  });

  test('as many as the bound says are held ahead, the rest is dropped', () => {
    const reassembler = new Reassembler(0);
    for (let sequence = MAX_MESSAGES_AHEAD + 1; sequence >= 0; sequence -= 1)
      reassembler.add(wholeMessage(sequence).raw);
    expect(drain(reassembler)).toHaveLength(MAX_MESSAGES_AHEAD + 1);
    expect(reassembler.bytes).toBe(0);
  });

  test('the last message_seq', () => {
    const reassembler = new Reassembler(65_535);
    reassembler.add(wholeMessage(65_535).raw);
    expect(drain(reassembler)).toEqual([wholeMessage(65_535)]);
    expect(reassembler.add(wholeMessage(0).raw)).toEqual({ old: true });
  });
});

describe('fragments', () => {
  test.each<[string, Uint8Array[]]>([
    ['in order', [fragment(0, 4), fragment(4, 10)]],
    ['backwards', [fragment(7, 10), fragment(4, 7), fragment(0, 4)]],
    ['with a gap that is filled last', [fragment(0, 3), fragment(6, 10), fragment(3, 6)]],
    ['twice', [fragment(0, 4), fragment(0, 4), fragment(4, 10)]],
    ['overlapping at the end', [fragment(0, 6), fragment(4, 10)]],
    ['overlapping at the front', [fragment(4, 10), fragment(0, 6)]],
    ['cut differently the second time', [fragment(0, 3), fragment(5, 7), fragment(0, 5), fragment(5, 10)]],
    ['one that spans several', [fragment(1, 2), fragment(4, 5), fragment(8, 9), fragment(0, 10)]],
    ['one that lies within another', [fragment(2, 8), fragment(3, 5), fragment(0, 2), fragment(8, 10)]],
    [
      'several in one record',
      [concatBytes(fragment(0, 2), fragment(2, 4)), concatBytes(fragment(4, 9), fragment(9, 10))],
    ],
    ['empty ones between', [fragment(0, 0), fragment(0, 5), fragment(5, 5), fragment(10, 10), fragment(5, 10)]],
    ['the whole after a part', [fragment(3, 6), wholeMessage(0).raw]],
  ])('%s', (_, contents) => {
    expect(reassemble(...contents)).toEqual([wholeMessage(0)]);
  });

  test('nothing is given while a byte is missing', () => {
    expect(reassemble(fragment(0, 4), fragment(5, 10))).toEqual([]);
  });

  test('bytes that came first stay', () => {
    const other = BODY.map((byte) => byte + 0x80);
    const [message] = reassemble(fragment(3, 6), fragment(0, 10, { body: other }));
    expect(toHex(message?.body ?? BODY)).toBe('80818203040586878889');
  });

  test('an empty message', () => {
    const done = encodeHandshakeMessage(HandshakeType.serverHelloDone, 0, new Uint8Array(0));
    expect(reassemble(done.raw)).toEqual([done]);
  });

  test('a message owns its bytes', () => {
    const content = wholeMessage(0).raw.slice();
    const reassembler = new Reassembler(0);
    reassembler.add(content);
    content.fill(0xff);
    const message = reassembler.next();
    expect(message).toEqual(wholeMessage(0));
    expect(message?.raw.buffer.byteLength).toBe(message?.raw.length);
  });

  test('the largest message in small pieces, in any direction', () => {
    const large = wholeMessage(
      0,
      Uint8Array.from({ length: MAX_HANDSHAKE_MESSAGE }, (_, index) => index & 0xff),
    );
    const pieces = fragmentMessage(large, 13 + 63);
    expect(reassemble(...pieces)).toEqual([large]);
    expect(reassemble(...pieces.toReversed())).toEqual([large]);
  });
});

describe('repetition', () => {
  test('a message that was given makes the record old, whatever else is in it', () => {
    const reassembler = new Reassembler(0);
    expect(reassembler.add(wholeMessage(0).raw)).toEqual({ old: false });
    expect(reassembler.add(wholeMessage(0).raw)).toEqual({ old: false });
    expect(drain(reassembler)).toHaveLength(1);
    expect(reassembler.add(wholeMessage(0).raw)).toEqual({ old: true });
    expect(reassembler.add(fragment(2, 3))).toEqual({ old: true });
    expect(reassembler.add(concatBytes(wholeMessage(0).raw, wholeMessage(1).raw))).toEqual({ old: true });
    expect(drain(reassembler)).toEqual([wholeMessage(1)]);
  });

  test('what is too far ahead is not old', () => {
    expect(new Reassembler(0).add(wholeMessage(MAX_MESSAGES_AHEAD + 1).raw)).toEqual({ old: false });
  });
});

describe('refused', () => {
  test.each([
    ['an empty record', new Uint8Array(0)],
    ['a header that is cut off', fragment(0, 10).subarray(0, 11)],
    ['a fragment that is cut off', fragment(0, 10).subarray(0, 21)],
    ['half a header after a fragment', concatBytes(fragment(0, 10), fragment(0, 1).subarray(0, 5))],
    ['a fragment beyond the end', fragment(0, 10, { offset: 1 })],
    ['an empty fragment beyond the end', fragment(0, 0, { offset: 11 })],
    ['the largest offset', fragment(0, 10, { offset: 0xff_ffff })],
    ['bytes of a message without length', fragment(0, 1, { length: 0 })],
  ])('%s: decode_error', (_, content) => {
    expect(dtlsErrorOf(() => reassemble(content)).alert).toBe('decode_error');
  });

  test.each([
    ['length', { length: 11 }],
    ['type', { type: HandshakeType.finished }],
  ])('a message that changes its %s: illegal_parameter', (_, change) => {
    expect(dtlsErrorOf(() => reassemble(fragment(0, 4), fragment(4, 8, change))).alert).toBe('illegal_parameter');
  });

  test('a message beyond the bound', () => {
    const length = MAX_HANDSHAKE_MESSAGE + 1;
    expect(dtlsErrorOf(() => reassemble(fragment(0, 1, { length }))).code).toBe('ERR_DTLS_LIMIT');
  });

  test('messages that together are beyond the bound, given and claimed', () => {
    const reassembler = new Reassembler(0);
    const length = MAX_TRANSCRIPT / 4;
    for (const sequence of [0, 1, 2]) reassembler.add(wholeMessage(sequence, new Uint8Array(length)).raw);
    drain(reassembler);
    expect(dtlsErrorOf(() => reassembler.add(fragment(0, 1, { sequence: 3, length }))).code).toBe('ERR_DTLS_LIMIT');
    reassembler.add(wholeMessage(3).raw);
    expect(drain(reassembler)).toEqual([wholeMessage(3)]);
  });
});

describe('memory', () => {
  test('a length that is claimed costs nothing', () => {
    const reassembler = new Reassembler(0);
    reassembler.add(fragment(0, 1, { length: MAX_HANDSHAKE_MESSAGE, offset: MAX_HANDSHAKE_MESSAGE - 1 }));
    reassembler.add(fragment(0, 2, { length: MAX_HANDSHAKE_MESSAGE }));
    expect(reassembler.bytes).toBe(3);
  });

  test('empty fragments begin no message', () => {
    const reassembler = new Reassembler(0);
    reassembler.add(fragment(0, 0));
    reassembler.add(fragment(0, 10, { length: 10, type: HandshakeType.finished }));
    expect(reassembler.next()?.type).toBe(HandshakeType.finished);
  });

  test('ranges beyond the bound are dropped until there is room', () => {
    const body = new Uint8Array(4 * MAX_FRAGMENT_RANGES).fill(7);
    const at = (offset: number) => fragment(offset, offset + 1, { length: body.length, body });
    const reassembler = new Reassembler(0);
    for (let range = 0; range <= MAX_FRAGMENT_RANGES; range += 1) reassembler.add(at(2 * range));
    expect(reassembler.bytes).toBe(MAX_FRAGMENT_RANGES);
    // Between two ranges: they become one.
    reassembler.add(at(1));
    reassembler.add(at(2 * MAX_FRAGMENT_RANGES));
    expect(reassembler.bytes).toBe(MAX_FRAGMENT_RANGES + 2);
    reassembler.add(wholeMessage(0, body).raw);
    expect(drain(reassembler)).toEqual([wholeMessage(0, body)]);
  });
});
