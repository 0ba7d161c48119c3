import { describe, expect, test } from 'vitest';
import { ANONYMOUS } from '@flownexus/datagram';
import { Announcement, RegisteredEndpoint } from '../../src/registration/registered-endpoint.ts';
import { RegistrationTable } from '../../src/registration/registration-table.ts';
import type { Registration } from '../../src/registration/registration.ts';
import { aCoapClient, aRegistration } from '../registrations.ts';

const peer = { key: 'p', host: '10.0.0.2', port: 1, identity: ANONYMOUS, pathValidated: true };

function registration(endpointName: string, links: number): Registration {
  return aRegistration(endpointName, { links: Array.from({ length: links }, (_, id) => `</3303/${id}>`).join(',') });
}

function endpointOf(endpointName: string, { key = 'p', links = 1, coap = aCoapClient() } = {}): RegisteredEndpoint {
  return new RegisteredEndpoint(registration(endpointName, links), { ...peer, key }, coap, new Announcement());
}

test('the links of all registrations are bounded, whatever adds and removes them', () => {
  const table = new RegistrationTable(10, 100);
  const endpoint = endpointOf('a', { links: 60 });
  const hasPlaceFor = (...counts: number[]): boolean[] =>
    counts.map((count) => table.hasPlaceForLinks(registration('b', count)));
  table.add(endpoint);
  expect(hasPlaceFor(40, 41)).toEqual([true, false]);
  table.update(endpoint, registration('a', 90));
  expect(hasPlaceFor(10, 11)).toEqual([true, false]);
  expect(table.hasPlaceForLinks(registration('a', 100), endpoint.registration)).toBe(true);
  expect(table.hasPlaceForLinks(registration('a', 101), endpoint.registration)).toBe(false);
  table.delete(endpoint);
  table.delete(endpoint);
  expect(hasPlaceFor(100, 101)).toEqual([true, false]);
});

test.each([
  ['attributes of links', { links: `</1/0>;title="${'x'.repeat(6_000)}"` }],
  ['root paths', { links: `</${'x'.repeat(200)}${`/${'x'.repeat(200)}`.repeat(6)}>;rt="oma.lwm2m",</1/0>` }],
  ['unknown parameters', { links: '</1/0>', additionalParameters: { x: 'y'.repeat(6_000) } }],
])('%s count too: they are as long as a device likes', (_what, fields) => {
  const table = new RegistrationTable(10, 100);
  const long = aRegistration('a', fields);
  for (let count = 0; count < 5 && table.hasPlaceForLinks(long); count += 1) {
    table.add(new RegisteredEndpoint(aRegistration(`a${count}`, fields), peer, aCoapClient(), new Announcement()));
  }
  expect(table.size).toBeLessThan(5);
  expect(table.hasPlaceForLinks(registration('b', 1))).toBe(true);
  for (const endpoint of [...table.endpoints()]) table.delete(endpoint);
  expect(table.hasPlaceForLinks(registration('b', 100))).toBe(true);
});

describe('an endpoint is found by its peer', () => {
  const coap = aCoapClient();

  test('where it came in, and nowhere else', () => {
    const table = new RegistrationTable(10);
    const endpoint = endpointOf('a', { coap });
    table.add(endpoint);
    expect(table.byPeer(coap, 'p')).toBe(endpoint);
    expect(table.byPeer(aCoapClient(), 'p')).toBeUndefined();
    expect(table.byPeer(coap, 'q')).toBeUndefined();
    table.delete(endpoint);
    expect(table.byPeer(coap, 'p')).toBeUndefined();
  });

  test('that moved by what it is now', () => {
    const table = new RegistrationTable(10);
    const endpoint = endpointOf('a', { coap });
    table.add(endpoint);
    expect(table.move(endpoint, { ...peer, host: '10.0.0.3' }, coap)).toBe(false);
    expect(endpoint.peer.host).toBe('10.0.0.3');
    expect(table.move(endpoint, { ...peer, key: 'q' }, coap)).toBe(true);
    expect([table.byPeer(coap, 'p'), table.byPeer(coap, 'q')]).toEqual([undefined, endpoint]);
    const other = aCoapClient();
    expect(table.move(endpoint, { ...peer, key: 'q' }, other)).toBe(true);
    expect([table.byPeer(coap, 'q'), table.byPeer(other, 'q')]).toEqual([undefined, endpoint]);
  });

  test('of several that are one peer by the one that was heard last, whichever end', () => {
    const table = new RegistrationTable(10);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => endpointOf(name, { coap })) as [
      RegisteredEndpoint,
      RegisteredEndpoint,
      RegisteredEndpoint,
    ];
    for (const endpoint of [a, b, c]) table.add(endpoint);
    expect(table.byPeer(coap, 'p')).toBe(c);
    table.move(a, peer, coap);
    expect(table.byPeer(coap, 'p')).toBe(a);
    table.delete(c); // in the middle
    expect(table.byPeer(coap, 'p')).toBe(a);
    table.delete(a);
    expect(table.byPeer(coap, 'p')).toBe(b);
    table.delete(b);
    expect(table.byPeer(coap, 'p')).toBeUndefined();
  });
});
