import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { allowSending, countReceived, moveTo, prove } from '../../src/transport/path.ts';
import { keylessAssociation, lowerPeer } from './fake-association.ts';

const limits = { ...DEFAULT_LIMITS, movesPerMinute: 3, unprovenFactor: 3 };
const [home, away, farAway] = [lowerPeer('10.0.0.1'), lowerPeer('10.0.0.2'), lowerPeer('10.0.0.3')];

describe('an association that moves', () => {
  test('is at its new address at once, without proof', () => {
    const association = keylessAssociation('dtls:1', home);
    expect(association.pathValidated).toBe(true);
    expect(moveTo(association, away, 0, limits)).toBe(true);
    expect(association).toMatchObject({ host: '10.0.0.2', port: 5684, pathValidated: false });
  });

  test('gets at most three times the bytes that came from there, until it proves that it is there', () => {
    const association = keylessAssociation('dtls:1', home);
    expect(allowSending(association, 1_000_000, limits)).toBe(true);
    moveTo(association, away, 0, limits);
    expect(allowSending(association, 1, limits)).toBe(false);
    countReceived(association, 100);
    expect(allowSending(association, 200, limits)).toBe(true);
    expect(allowSending(association, 101, limits)).toBe(false);
    expect(allowSending(association, 100, limits)).toBe(true);
    expect(allowSending(association, 1, limits)).toBe(false);
    expect(prove(association)).toBe(true);
    expect(prove(association)).toBe(false);
    expect(association.pathValidated).toBe(true);
    expect(allowSending(association, 1_000_000, limits)).toBe(true);
  });

  test('needs no proof where it had proven to be last', () => {
    const association = keylessAssociation('dtls:1', home);
    moveTo(association, away, 0, limits);
    expect(moveTo(association, home, 0, limits)).toBe(true);
    expect(association.pathValidated).toBe(true);
    moveTo(association, away, 0, limits);
    prove(association);
    moveTo(association, home, 0, limits);
    expect(association.pathValidated).toBe(false);
  });

  test('gets no new allowance by going to and fro', () => {
    const association = keylessAssociation('dtls:1', home);
    moveTo(association, away, 0, limits);
    countReceived(association, 10);
    expect(allowSending(association, 30, limits)).toBe(true);
    for (let index = 0; index < 10; index += 1) {
      moveTo(association, home, 0, limits);
      moveTo(association, away, 0, limits);
    }
    expect(allowSending(association, 1, limits)).toBe(false);
  });

  test('moves only so often in a minute', () => {
    const association = keylessAssociation('dtls:1', home);
    expect([away, farAway, away].map((to) => moveTo(association, to, 0, limits))).toEqual([true, true, true]);
    expect(moveTo(association, farAway, 59_999, limits)).toBe(false);
    expect(association.lower).toBe(away);
    expect(moveTo(association, home, 59_999, limits)).toBe(true);
    expect(moveTo(association, farAway, 60_000, limits)).toBe(true);
  });
});
