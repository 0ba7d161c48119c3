import { expect, test } from 'vitest';
import { CoapEndpoint, DEFAULT_LIMITS } from '../src/index.ts';
import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import { coapLimits } from '../src/limits.ts';

test('limits have defaults', () => {
  expect(coapLimits()).toEqual(DEFAULT_LIMITS);
  expect(coapLimits({ peers: 3 })).toEqual({ ...DEFAULT_LIMITS, peers: 3 });
});

test.each([0, -1, 1.5, NaN, Infinity])('a limit of %d is refused', (peers) => {
  const transport = new MemoryNetwork(new VirtualClock()).transport({ host: '10.0.0.1', port: 1 });
  expect(() => new CoapEndpoint({ transport, limits: { peers } })).toThrow(
    new RangeError(`the limit peers is a whole number of 1 or more, not ${peers}`),
  );
});
