import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/transport/network.ts';

describe('networkOf', () => {
  test.each([
    ['192.0.2.17', '192.0.2'],
    ['192.0.2.255', '192.0.2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:0:9::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4'],
    ['1::3:4:5:6:7:8', '1:0:3:4'],
    ['device', 'device'],
    ['1.2.3', '1.2.3'],
    ['a.b.c.d', 'a.b.c.d'],
  ])('%s is in %s', (host, network) => {
    expect(networkOf(host)).toBe(network);
  });
});
