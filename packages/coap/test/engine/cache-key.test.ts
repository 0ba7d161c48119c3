import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, MessageType, OptionNumber } from '../../src/index.ts';
import { observedKey, representationKey, uploadKey } from '../../src/engine/cache-key.ts';
import type { IncomingRequest } from '../../src/api.ts';
import type { PeerState } from '../../src/engine/peer-state.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const LENGTH = 1200;
const KEYS = 1000;

const state = { peer: { key: 'coap://192.0.2.1:5683' } } as unknown as PeerState;

function message(number: number): CoapMessage {
  const value = new Uint8Array(LENGTH).fill(97);
  new DataView(value.buffer).setUint32(0, number);
  const options = [
    { number: OptionNumber.URI_PATH, value: Uint8Array.of(114) },
    { number: 2048, value },
  ];
  const none = new Uint8Array(0);
  return { type: MessageType.CON, code: Code.FETCH, messageId: 1, token: none, options, payload: none };
}

describe('the key of', () => {
  test.each([
    ['a representation', (from: CoapMessage) => representationKey(state, from, from.options)],
    ['an upload', (from: CoapMessage) => uploadKey(state, from, from.options)],
    [
      'an observation',
      ({ code, options, payload }: CoapMessage) => observedKey({ method: code, options, payload } as IncomingRequest),
    ],
  ])('%s takes about the memory that is counted for it', (_what, keyOf) => {
    keyOf(message(0));
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = new Map<string, number>();
    for (let number = 0; number < KEYS; number += 1) kept.set(keyOf(message(number)), number);
    collectGarbage();
    const perKey = (process.memoryUsage().heapUsed - before) / KEYS;
    expect(kept.size).toBe(KEYS);
    expect(perKey).toBeLessThan(2 * LENGTH);
  });

  test('two requests is one where their options and payloads say the same, and not where only the bytes do', () => {
    const ab = (first: string, second: string): CoapMessage => ({
      ...message(0),
      options: [first, second].map((text) => ({ number: OptionNumber.URI_PATH, value: Buffer.from(text) })),
    });
    const key = (from: CoapMessage): string => uploadKey(state, from, from.options);
    expect(key(ab('a', 'b'))).toBe(key(ab('a', 'b')));
    expect(key(ab('a', 'b'))).not.toBe(key(ab('ab', '')));
    expect(key(ab('a', '11:1:b'))).not.toBe(key(ab('a 11:1:b', '')));
  });
});
