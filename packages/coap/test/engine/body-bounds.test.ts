import { describe, expect, test } from 'vitest';
import { BodyUploads } from '../../src/engine/body-uploads.ts';
import { Representations, slice, withEtag } from '../../src/engine/representations.ts';
import { type CoapLimits, DEFAULT_LIMITS } from '../../src/limits.ts';
import { Bench } from './fixtures.ts';

describe('request bodies being put together', () => {
  function setup(bounds: Partial<CoapLimits>): { bench: Bench; uploads: BodyUploads } {
    const bench = new Bench();
    const { clock, timers, onLimit } = bench;
    const uploads = new BodyUploads({
      clock,
      timers,
      onLimit,
      lifetimeMs: 247_000,
      maxBodySize: 10_000,
      limits: { ...DEFAULT_LIMITS, ...bounds },
    });
    return { bench, uploads };
  }
  const first = (bench: Bench, uploads: BodyUploads, key: string, num = 0): number => {
    const block = { num, more: true, szx: 2 };
    const step = uploads.add({
      state: bench.state(key),
      key,
      block,
      payload: new Uint8Array(64),
      size1: undefined,
      ifNoneMatch: false,
    });
    return 'code' in step ? step.code : 0;
  };

  test('are a bounded number', () => {
    const { bench, uploads } = setup({ uploads: 2 });
    for (const key of ['a', 'b', 'c']) first(bench, uploads, key);
    expect([uploads.size, uploads.bytes, bench.limits]).toEqual([2, 2 * (64 + 2), 1]);
    expect(first(bench, uploads, 'a', 1)).toBe(136);
    expect(first(bench, uploads, 'b', 1)).toBe(95);
  });

  test('are a bounded number of bytes, the least lately continued goes', () => {
    const { bench, uploads } = setup({ uploadBytes: 200 });
    for (const key of ['a', 'b']) first(bench, uploads, key);
    first(bench, uploads, 'a', 1);
    first(bench, uploads, 'c');
    expect([uploads.size, uploads.bytes]).toEqual([2, 3 * 64 + 2 * 2]);
    expect(first(bench, uploads, 'b', 1)).toBe(136);
  });

  test('count with their keys, which peers choose as well', () => {
    const { bench, uploads } = setup({ uploadBytes: 1000 });
    for (const letter of ['a', 'b', 'c']) first(bench, uploads, letter.repeat(300));
    expect([uploads.size, uploads.bytes, bench.limits]).toEqual([1, 64 + 600, 2]);
  });

  test('that begin anew take the place of what was there', () => {
    const { bench, uploads } = setup({});
    first(bench, uploads, 'a');
    first(bench, uploads, 'a', 1);
    first(bench, uploads, 'a');
    const state = bench.state('a');
    expect([uploads.size, uploads.bytes, state.assemblies?.size]).toEqual([1, 64 + 2, 1]);
    bench.clock.advance(300_000);
    expect([uploads.size, uploads.bytes, state.assemblies?.size]).toEqual([0, 0, 0]);
  });

  test('leave with their peer, and after their lifetime', () => {
    const { bench, uploads } = setup({});
    for (const key of ['a', 'b']) first(bench, uploads, key);
    const [a, b] = [bench.state('a'), bench.state('b')];
    uploads.forgetPeer(a);
    expect([uploads.size, a.assemblies?.size, b.assemblies?.size]).toEqual([1, 0, 1]);
    bench.clock.advance(247_000);
    expect([uploads.size, uploads.bytes, b.assemblies?.size]).toEqual([0, 0, 0]);
  });
});

describe('representations', () => {
  function setup(bounds: Partial<CoapLimits>): { bench: Bench; kept: Representations } {
    const bench = new Bench();
    const { clock, timers, onLimit } = bench;
    const limits = { ...DEFAULT_LIMITS, ...bounds };
    return { bench, kept: new Representations({ clock, timers, onLimit, lifetimeMs: 247_000, limits }) };
  }
  const representation = (length: number) => ({ code: 69, options: [], body: new Uint8Array(length) });

  test('are a bounded number and a bounded number of bytes, the least lately used goes', () => {
    const { bench, kept } = setup({ representations: 3, representationBytes: 300 });
    for (const key of ['a', 'b', 'c']) kept.keep(bench.state(), key, representation(100));
    kept.find('a');
    kept.keep(bench.state(), 'd', representation(100));
    expect(kept.find('b')).toBeUndefined();
    kept.keep(bench.state(), 'e', representation(201));
    expect([kept.size, kept.bytes]).toEqual([1, 201 + 2]);
    kept.keep(bench.state(), 'f', representation(301));
    expect(kept.find('f')).toBeUndefined();
    expect(bench.state().representations?.size).toBe(kept.size);
  });

  test('leave with their peer, and after their lifetime', () => {
    const { bench, kept } = setup({});
    kept.keep(bench.state('a'), 'a', representation(10));
    kept.keep(bench.state('b'), 'b', representation(10));
    kept.forgetPeer(bench.state('a'));
    expect(kept.size).toBe(1);
    bench.clock.advance(247_000);
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  test('have block numbers of 20 bits', () => {
    const answer = slice(representation(2 ** 20 * 16 + 1024), { num: 2 ** 14, more: false, szx: 6 }, 0);
    expect(answer.code).toBe(128);
  });

  test('have an ETag that depends on each byte', () => {
    const etags = Array.from({ length: 100 }, (_, index) => {
      const body = new Uint8Array(100);
      if (index > 0) body[index] = 1;
      return Buffer.from(withEtag({ code: 69, options: [], body }).options[0]!.value).toString('hex');
    });
    expect(new Set(etags).size).toBe(100);
  });
});
