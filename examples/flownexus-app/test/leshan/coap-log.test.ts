import { Code, makeOption, makeStringOption, MessageType, OptionNumber, type CoapMessage } from '@flownexus/coap';
import type { TraceEvent } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { coapLogJson } from '../../src/leshan/coap-log.ts';
import { limits } from '../../src/limits.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const path = (...segments: readonly string[]) => segments.map((text) => makeStringOption(OptionNumber.URI_PATH, text));

function log(direction: 'in' | 'out', message: Partial<CoapMessage>): ReturnType<typeof coapLogJson> {
  const complete: CoapMessage = {
    type: MessageType.CON,
    code: Code.PUT,
    messageId: 7,
    token: new Uint8Array([1, 0xab]),
    options: [],
    payload: new Uint8Array(),
    ...message,
  };
  const event = { direction, atMs: 5, message: complete } as TraceEvent;
  return coapLogJson('dev', event);
}

test.each([
  ['/0/1', path('0', '1')],
  ['/21/0', path('21', '0')],
  ['/0/1 below a root path', path('lwm2m', '0', '1')],
  ['/0 of a device behind a gateway', path('d01', '0')],
])('what is written to %s is not shown', (_, options) => {
  expect(log('out', { options, payload: bytes('secret') })).not.toHaveProperty('payload');
});

test('nor what devices are given by an answer', () => {
  expect(log('out', { code: Code.CONTENT, payload: bytes('secret') })).not.toHaveProperty('payload');
  expect(log('out', { code: Code.BAD_REQUEST, payload: bytes('why') })).toMatchObject({ code: '4.00', payload: 'why' });
});

test('what else is written is shown, and what devices say', () => {
  expect(log('out', { options: path('3', '0', '0'), payload: bytes('ä') })).toEqual({
    timestamp: 5,
    incoming: false,
    type: 'CON',
    code: 'PUT',
    mId: 7,
    token: '01ab',
    options: 'Uri-Path: "3", "0", "0"',
    payload: 'ä',
    ep: 'dev',
  });
  expect(log('in', { code: Code.CONTENT, payload: bytes('1\r\n\t2') })).toMatchObject({ payload: '1\r\n\t2' });
});

test('an empty message has no code', () => {
  expect(log('in', { type: MessageType.RST, code: Code.EMPTY })).toEqual({
    timestamp: 5,
    incoming: true,
    type: 'RST',
    mId: 7,
    token: '01ab',
    options: '',
    ep: 'dev',
  });
});

test('options that are none of their formats do no harm', () => {
  const options = [
    { number: OptionNumber.URI_PATH, value: new Uint8Array([0xff, 0x22]) },
    { number: OptionNumber.OBSERVE, value: new Uint8Array([1, 2, 3, 4, 5]) },
    makeOption(65_000, new Uint8Array([1])),
  ];
  expect(log('in', { options })).toMatchObject({
    options: 'Uri-Path: "\ufffd\\"" - Observe: 0x0102030405 - Unknown (65000): 0x01',
  });
});

test('bytes are hexadecimal, and what is long is cut', () => {
  expect(log('in', { payload: new Uint8Array([0, 255]) })?.payload).toBe('Hex:00ff');
  expect(log('in', { payload: bytes('a\u0000') })?.payload).toBe('Hex:6100');
  expect(log('in', { payload: new Uint8Array([0x61, 0xff]) })?.payload).toBe('Hex:61ff');
  const half = limits.leshanLoggedPayloadBytes / 2;
  expect(log('in', { payload: bytes('ä'.repeat(half)) })?.payload).toBe('ä'.repeat(half));
  // A character is cut in two.
  expect(log('in', { payload: bytes(`a${'ä'.repeat(half)}`) })?.payload).toBe(`a${'ä'.repeat(half - 1)}\ufffd…`);
});

test('what is no CoAP is not shown', () => {
  expect(coapLogJson('dev', { direction: 'in', message: undefined } as TraceEvent)).toBeUndefined();
});
