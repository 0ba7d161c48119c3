import { describe, expect, test } from 'vitest';
import {
  Code,
  CoapError,
  CoapFormatError,
  decodeMessage,
  encodeMessage,
  MessageType,
  type CoapMessage,
} from '../src/index.ts';
import { describeMessage, fromHex, toHex } from './message-vectors.ts';

function formatErrorOf(bytes: Uint8Array): CoapFormatError {
  try {
    decodeMessage(bytes);
  } catch (error) {
    if (error instanceof CoapFormatError) return error;
    throw error;
  }
  throw new Error('decoded');
}

const get: CoapMessage = {
  type: MessageType.CON,
  code: Code.GET,
  messageId: 0x1234,
  token: new Uint8Array(0),
  options: [],
  payload: new Uint8Array(0),
};

describe('decodeMessage refuses', () => {
  const cases: readonly (readonly [
    rule: string,
    hex: string,
    offset: number,
    reply: 'reset' | 'ignore',
    id: number | undefined,
  ])[] = [
    ['no byte at all', '', 0, 'ignore', undefined],
    ['one byte', '40', 1, 'ignore', undefined],
    ['a header of three bytes', '400112', 3, 'ignore', undefined],
    ['version 0', '00011234', 0, 'ignore', undefined],
    ['version 2', '80011234', 0, 'ignore', undefined],
    ['version 3', 'c0011234', 0, 'ignore', undefined],
    ['version 2 in a single byte', '80', 0, 'ignore', undefined],
    ['token length 9', '49011234000000000000000000', 0, 'reset', 0x1234],
    ['token length 15', '4f011234000000000000000000000000000000', 0, 'reset', 0x1234],
    ['token length 9 in an Empty message', '49001234', 0, 'reset', 0x1234],
    ['a token that is too short', '44011234aabbcc', 4, 'reset', 0x1234],
    ['an Empty message with a token', '4100123401', 0, 'reset', 0x1234],
    ['an Empty message with an option', '40001234c0', 4, 'reset', 0x1234],
    ['an Empty message with a payload', '40001234ff01', 4, 'reset', 0x1234],
    ['code class 1', '40211234', 1, 'reset', 0x1234],
    ['code class 6', '40c01234', 1, 'reset', 0x1234],
    ['code class 7', '40e11234', 1, 'reset', 0x1234],
    ['option delta 15', '40011234f0', 4, 'reset', 0x1234],
    ['option delta 15 with bytes enough for any reading', `40011234f0${'00'.repeat(10)}`, 4, 'reset', 0x1234],
    ['option length 15', '400112340f', 4, 'reset', 0x1234],
    ['option length 15 with bytes enough for any reading', `400112340f${'00'.repeat(400)}`, 4, 'reset', 0x1234],
    ['option length 15 after an option', '40011234b1610f', 6, 'reset', 0x1234],
    ['a missing one-byte extended delta', '40011234d0', 4, 'reset', 0x1234],
    ['a missing two-byte extended delta', '40011234e001', 4, 'reset', 0x1234],
    ['a missing one-byte extended length', '400112340d', 4, 'reset', 0x1234],
    ['a missing two-byte extended length', '400112340e00', 4, 'reset', 0x1234],
    ['an extended length missing behind an extended delta', '40011234dd00', 4, 'reset', 0x1234],
    ['an option value that is too short', '40011234b46161', 4, 'reset', 0x1234],
    ['an extended option value that is too short', '40011234bd0061', 4, 'reset', 0x1234],
    ['an option number above 65535', '40011234e0fef300', 4, 'reset', 0x1234],
    ['option numbers that add up to more than 65535', '40011234e0fef210', 7, 'reset', 0x1234],
    ['a marker without payload', '40011234ff', 4, 'reset', 0x1234],
    ['a marker without payload after an option', '40011234b161ff', 6, 'reset', 0x1234],
  ];

  test.each(cases)('%s: %s at %i, %s', (_rule, hex, offset, reply, messageId) => {
    const error = formatErrorOf(fromHex(hex));
    expect(error).toMatchObject({ code: 'ERR_COAP_FORMAT', name: 'CoapFormatError', offset, reply, messageId });
    expect(error).toBeInstanceOf(CoapError);
    expect(error.message).toMatch(new RegExp(`offset ${offset}\\)$`));
  });

  // RFC 7252 §4.2, §4.3: only a Confirmable message is rejected with a Reset
  test.each([
    ['Non-confirmable', '50'],
    ['Acknowledgement', '60'],
    ['Reset', '70'],
  ])('a %s message without a reply', (_type, first) => {
    expect(formatErrorOf(fromHex(`${first}011234ff`))).toMatchObject({ reply: 'ignore', messageId: 0x1234 });
  });

  test('more than 128 options', () => {
    const header = fromHex('40011234');
    const of = (count: number): Uint8Array => Uint8Array.from([...header, ...new Array<number>(count).fill(0)]);
    expect(decodeMessage(of(128)).options).toHaveLength(128);
    expect(formatErrorOf(of(129))).toMatchObject({ offset: 4 + 128, reply: 'reset' });
  });

  test('a truncated extension for what it is', () => {
    expect(formatErrorOf(fromHex('40011234d0')).message).toBe(
      'expected 1 bytes of extended delta and length, found 0 (offset 4)',
    );
    expect(formatErrorOf(fromHex('40011234ee000000')).message).toBe(
      'expected 4 bytes of extended delta and length, found 3 (offset 4)',
    );
  });

  test('without a word of the message in the text', () => {
    const error = formatErrorOf(fromHex(`40011234beffff${Buffer.from('secret').toString('hex')}`));
    expect(error.message).toBe('expected 65804 bytes for option 11, found 6 (offset 4)');
  });
});

describe('decodeMessage', () => {
  test('reads extended deltas and lengths at their borders', () => {
    for (const number of [0, 12, 13, 268, 269, 65_535]) {
      for (const length of [0, 12, 13, 268, 269, 65_804]) {
        const value = new Uint8Array(length).fill(7);
        const message = { ...get, options: [{ number, value }] };
        const bytes = encodeMessage(message);
        const extension = (n: number): number => (n < 13 ? 0 : n < 269 ? 1 : 2);
        expect(bytes.length).toBe(5 + extension(number) + extension(length) + length);
        expect(decodeMessage(bytes)).toEqual(message);
      }
    }
  });

  test('gives views of the datagram', () => {
    const bytes = fromHex('41011234aab161ffbb');
    const message = decodeMessage(bytes);
    for (const view of [message.token, message.options[0]?.value, message.payload])
      expect(view?.buffer).toBe(bytes.buffer);
  });

  test('reads a datagram that starts inside its buffer', () => {
    const bytes = fromHex('0000' + '41011234aab161ffbb' + '00').subarray(2, 11);
    expect(describeMessage(decodeMessage(bytes))).toEqual({
      type: 'CON',
      code: '0.01',
      mid: 0x1234,
      token: 'aa',
      options: [[11, '61']],
      payload: 'bb',
    });
  });

  // RFC 7252 §3.1 allows any form of a number: only encoders have to be minimal
  test('reads a payload of 0xff bytes and an option value of 0xff bytes', () => {
    expect(describeMessage(decodeMessage(fromHex('40011234b2ffffffffff')))).toMatchObject({
      options: [[11, 'ffff']],
      payload: 'ffff',
    });
  });

  test('leaves unassigned methods and responses to their reader', () => {
    for (const code of [31, 64, 96, 127, 191]) expect(decodeMessage(Uint8Array.of(0x40, code, 0, 0)).code).toBe(code);
  });
});

describe('encodeMessage', () => {
  test('sorts options and keeps the order of repeated ones', () => {
    const option = (number: number, byte: number): CoapMessage['options'][number] => ({
      number,
      value: Uint8Array.of(byte),
    });
    const options = [option(15, 1), option(11, 2), option(15, 3), option(11, 4), option(3, 5)];
    const given = [...options];
    const bytes = encodeMessage({ ...get, options });
    expect(describeMessage(decodeMessage(bytes)).options).toEqual([
      [3, '05'],
      [11, '02'],
      [11, '04'],
      [15, '01'],
      [15, '03'],
    ]);
    expect(options).toEqual(given);
  });

  test('copies what it is given', () => {
    const token = Uint8Array.of(1);
    const bytes = encodeMessage({ ...get, token });
    token[0] = 2;
    expect(toHex(bytes)).toBe('4101123401');
  });

  const misuse: readonly (readonly [string, Partial<Record<keyof CoapMessage, unknown>>])[] = [
    ['a token of 9 bytes', { token: new Uint8Array(9) }],
    ['a Message ID of 17 bits', { messageId: 0x1_0000 }],
    ['a negative Message ID', { messageId: -1 }],
    ['a broken Message ID', { messageId: 0.5 }],
    ['a code of 9 bits', { code: 256 }],
    ['a reserved code class', { code: 0x20 }],
    ['a type of 3 bits', { type: 4 }],
    ['an option number above 65535', { options: [{ number: 65_536, value: new Uint8Array(0) }] }],
    ['a negative option number', { options: [{ number: -1, value: new Uint8Array(0) }] }],
    ['an option number that is none', { options: [{ number: Number.NaN, value: new Uint8Array(0) }] }],
    ['an option of 65805 bytes', { options: [{ number: 1, value: new Uint8Array(65_805) }] }],
    ['129 options', { options: new Array(129).fill({ number: 1, value: new Uint8Array(0) }) }],
    ['an Empty message with a token', { code: 0, token: new Uint8Array(1) }],
    ['an Empty message with an option', { code: 0, options: [{ number: 1, value: new Uint8Array(0) }] }],
    ['an Empty message with a payload', { code: 0, payload: new Uint8Array(1) }],
  ];
  test.each(misuse)('refuses %s', (_name, change) => {
    expect(() => encodeMessage({ ...get, ...change } as CoapMessage)).toThrow(RangeError);
  });
});
