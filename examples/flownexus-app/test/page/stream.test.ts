import { beforeEach, describe, expect, test } from 'vitest';
import { learnServerTime, serverNow } from '../../web/src/api/server-clock.ts';
import { LiveFeed } from '../../web/src/api/feed.ts';
import type { EventSourceLike, StreamBatch } from '../../web/src/api/stream.ts';
import { endpointItem, liveTemperature } from './samples.ts';

/** Stands in for the browser's EventSource. */
class FakeSource implements EventSourceLike {
  readyState = 0;
  closed = false;
  readonly #listeners = new Map<string, (event: { readonly data?: unknown }) => void>();
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
  fire(type: string, data?: unknown): void {
    this.#listeners.get(type)?.(data === undefined ? {} : { data: JSON.stringify(data) });
  }
}

describe('LiveFeed', () => {
  let sources: FakeSource[];
  let timers: { callback: () => void; delayMs: number }[];
  let batches: StreamBatch[];
  let recoveries: number;
  let feed: LiveFeed;
  let close: () => void;
  const source = () => sources.at(-1)!;
  const runTimers = () => timers.splice(0).map(({ callback }) => callback());

  beforeEach(() => {
    sources = [];
    timers = [];
    batches = [];
    recoveries = 0;
    feed = new LiveFeed();
    feed.onBatch((batch) => batches.push(batch));
    feed.onRecovered(() => (recoveries += 1));
    close = feed.open({
      connect: () => {
        sources.push(new FakeSource());
        return source();
      },
      schedule: (callback, delayMs) => {
        const timer = { callback, delayMs };
        timers.push(timer);
        return () => void (timers = timers.filter((other) => other !== timer));
      },
    });
  });

  test('hands events on in batches, endpoints in their newest state', () => {
    source().fire('open');
    expect(feed.state).toBe('live');
    source().fire('endpoint', endpointItem('a'));
    source().fire('resource', liveTemperature('a', 1));
    source().fire('endpoint', endpointItem('a', { registered: false }));
    source().fire('resource', liveTemperature('a', 2));
    expect(batches).toEqual([]);
    runTimers();
    expect(batches).toHaveLength(1);
    expect(batches[0]?.endpoints.map(({ registered }) => registered)).toEqual([false]);
    expect(batches[0]?.resources.map(({ value }) => value)).toEqual([1, 2]);
  });

  test('leaves a broken connection to the browser, which gets what was missed or that it is lost', () => {
    source().fire('open');
    expect(recoveries).toBe(0);
    source().fire('error');
    expect(feed.state).toBe('reconnecting');
    expect(timers).toEqual([]);
    source().fire('open');
    expect([feed.state, recoveries]).toEqual(['live', 0]);
    source().fire('lost', {});
    expect(recoveries).toBe(1);
  });

  test('connects anew where the browser gives up, ever less often', () => {
    const delays: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      source().readyState = 2;
      source().fire('error');
      delays.push(...timers.map(({ delayMs }) => delayMs));
      runTimers();
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(sources.slice(0, -1).every(({ closed }) => closed)).toBe(true);
    source().fire('open');
    expect(recoveries).toBe(1);
  });

  test('drops what it cannot hold and has it fetched instead', () => {
    for (let i = 0; i < 6000; i += 1) source().fire('resource', liveTemperature('a', i));
    runTimers();
    expect(batches[0]?.resources).toHaveLength(5000);
    expect(recoveries).toBe(1);
  });

  test('has fetched anew what the server dropped', () => {
    source().fire('open');
    source().fire('lost', {});
    expect([feed.state, recoveries]).toEqual(['live', 1]);
  });

  test('ends', () => {
    source().fire('resource', liveTemperature('a', 1));
    close();
    expect(source().closed).toBe(true);
    expect(timers).toEqual([]);
  });
});

describe('the server clock', () => {
  test('is followed when the difference means something', () => {
    const now = Date.now();
    learnServerTime(new Date(now + 1000).toUTCString(), now);
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(100);
    learnServerTime(new Date(now + 600_000).toUTCString(), now);
    expect(Math.abs(serverNow() - Date.now() - 600_000)).toBeLessThan(2000);
    learnServerTime(null, now);
    expect(serverNow()).toBeGreaterThan(now + 500_000);
    learnServerTime(new Date(now).toUTCString(), now);
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(100);
  });
});
