import { ANONYMOUS } from '@flownexus/datagram';
import { expect, test } from 'vitest';
import { PeerTable } from '../src/peer-table.ts';

test('one address gives one peer, with a key that names it', () => {
  const table = new PeerTable({ scheme: 'coap' });
  const peer = table.get('192.0.2.1', 5683);
  expect(peer).toEqual({
    key: 'coap://192.0.2.1:5683',
    host: '192.0.2.1',
    port: 5683,
    identity: ANONYMOUS,
    pathValidated: true,
  });
  expect(table.get('192.0.2.1', 5683)).toBe(peer);
  expect(table.get('192.0.2.1', 5684)).not.toBe(peer);
  expect(table.get('2001:db8::1', 5683).key).toBe('coap://[2001:db8::1]:5683');
});

test('shows a host as its owner wants to', () => {
  const table = new PeerTable({ scheme: 'coap', hostOf: (wireHost) => wireHost.replace('::ffff:', '') });
  expect(table.get('::ffff:192.0.2.1', 1)).toMatchObject({ host: '192.0.2.1', key: 'coap://192.0.2.1:1' });
});

test('forgets who was not seen for longest, keeps who is seen, and keys stay', () => {
  const table = new PeerTable({ scheme: 'coap', limit: 20 });
  const quiet = table.get('192.0.2.1', 1);
  const busy = table.get('192.0.2.2', 2);
  for (let port = 1; port <= 100; port += 1) {
    table.get('198.51.100.1', port);
    expect(table.get('192.0.2.2', 2)).toBe(busy);
  }
  const again = table.get('192.0.2.1', 1);
  expect(again).not.toBe(quiet);
  expect(again.key).toBe(quiet.key);
});

test('recalls the peer that a key names, and makes nothing for a key that names another', () => {
  const table = new PeerTable({ scheme: 'coap', hostOf: (wireHost) => wireHost.replace('::ffff:', '') });
  const peer = table.recall('coap://192.0.2.1:5683', '::ffff:192.0.2.1', 5683);
  expect(peer).toBe(table.get('::ffff:192.0.2.1', 5683));
  expect(table.recall('coaps://192.0.2.1:5683', '192.0.2.1', 5683)).toBeUndefined();
  expect(table.recall('coap://192.0.2.1:5683', '192.0.2.2', 5683)).toBeUndefined();
  for (const port of [0, -1, 65_536, 1.5, NaN]) {
    expect(table.recall(`coap://192.0.2.1:${port}`, '192.0.2.1', port)).toBeUndefined();
  }
});
