import { describe, expect, it } from 'vitest';
import { seededRandom } from '@flownexus/datagram/testing';
import { SessionCache } from '../../src/resumption/session-cache.ts';

const content = (value: number): Uint8Array => Uint8Array.of(value);

function filled(maxSessions: number, count: number): { cache: SessionCache; ids: Uint8Array[] } {
  const cache = new SessionCache({ random: seededRandom(1), maxSessions });
  const ids = Array.from({ length: count }, () => cache.newId());
  for (const [index, id] of ids.entries()) cache.set(id, content(index), 1000, 0);
  return { cache, ids };
}

describe('SessionCache', () => {
  it('makes ids of 16 bytes that differ', () => {
    const { ids } = filled(10, 10);
    expect(ids.every((id) => id.length === 16)).toBe(true);
    expect(new Set(ids.map(String)).size).toBe(10);
  });

  it('gives a session back by its id, and nothing for another', () => {
    const { cache, ids } = filled(3, 3);
    expect(cache.get(ids[1]!, 0)).toEqual(content(1));
    expect(cache.get(cache.newId(), 0)).toBeUndefined();
    expect(cache.get(new Uint8Array(0), 0)).toBeUndefined();
    expect(cache.get(new Uint8Array(32), 0)).toBeUndefined();
  });

  it('drops the one that was used longest ago when it is full', () => {
    const { cache, ids } = filled(3, 3);
    cache.get(ids[0]!, 0);
    cache.set(cache.newId(), content(9), 1000, 0);
    expect(cache.size).toBe(3);
    expect(cache.get(ids[0]!, 0)).toEqual(content(0));
    expect(cache.get(ids[1]!, 0)).toBeUndefined();
  });

  it('gives no session whose time is over, and lets those go that nobody asks for', () => {
    const { cache, ids } = filled(5, 2);
    expect(cache.get(ids[0]!, 999)).toEqual(content(0));
    expect(cache.get(ids[0]!, 1000)).toBeUndefined();
    cache.set(cache.newId(), content(2), 3000, 1000);
    expect(cache.size).toBe(1);
  });

  it('replaces what has the same id', () => {
    const { cache, ids } = filled(2, 2);
    cache.set(ids[0]!, content(7), 1000, 0);
    expect(cache.size).toBe(2);
    expect(cache.get(ids[0]!, 0)).toEqual(content(7));
  });

  it('forgets', () => {
    const { cache, ids } = filled(2, 2);
    cache.delete(ids[0]!);
    cache.delete(new Uint8Array(0));
    expect(cache.get(ids[0]!, 0)).toBeUndefined();
    expect(cache.size).toBe(1);
  });

  it('keeps nothing under an id that is not its own, nor when it may hold none', () => {
    const { cache } = filled(2, 0);
    cache.set(new Uint8Array(0), content(1), 1000, 0);
    expect(cache.size).toBe(0);
    expect(filled(0, 2).cache.size).toBe(0);
  });
});
