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

function links(count: number, attributes = ''): Registration['links'] {
  const text = Array.from({ length: count }, (_, id) => `</3303/${id}>${attributes}`).join(',');
  return aRegistration('other', { links: text }).links;
}

test('the links of all registrations are bounded, whatever adds and removes them', () => {
  const table = new RegistrationTable(10, 100);
  const endpoint = endpointOf('a', { links: 60 });
  const hasPlaceFor = (...counts: number[]): boolean[] => counts.map((count) => table.hasPlaceForLinks(links(count)));
  table.add(endpoint);
  expect(hasPlaceFor(40, 41)).toEqual([true, false]);
  table.update(endpoint, registration('a', 90));
  expect(hasPlaceFor(10, 11)).toEqual([true, false]);
  expect(table.hasPlaceForLinks(links(100), endpoint.registration.links)).toBe(true);
  expect(table.hasPlaceForLinks(links(101), endpoint.registration.links)).toBe(false);
  table.delete(endpoint);
  table.delete(endpoint);
  expect(hasPlaceFor(100, 101)).toEqual([true, false]);
});

test('attributes of links count too: a link of a few bytes may have as many as a payload holds', () => {
  const table = new RegistrationTable(10, 100);
  const long = `;title="${'x'.repeat(6_000)}"`;
  expect(table.hasPlaceForLinks(links(1, long))).toBe(true);
  table.add(
    new RegisteredEndpoint(aRegistration('b', { links: `</1/0>${long}` }), peer, aCoapClient(), new Announcement()),
  );
  expect(table.hasPlaceForLinks(links(1, long))).toBe(false);
  expect(table.hasPlaceForLinks(links(1, ';ver=1.1'))).toBe(true);
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
