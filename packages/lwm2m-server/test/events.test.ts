import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventSource, safeReporter } from '../src/events.ts';

interface Events {
  a: [value: number];
  b: [];
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('EventSource', () => {
  test('on, off and once', () => {
    const events = new EventSource<Events>(() => expect.unreachable());
    const heard: string[] = [];
    const listener = (value: number): void => void heard.push(`on ${value}`);
    events.on('a', listener);
    events.once('a', (value) => heard.push(`once ${value}`));
    events.emit('a', 1);
    events.emit('a', 2);
    events.off('a', listener);
    events.emit('a', 3);
    events.emit('b');
    expect(heard).toEqual(['on 1', 'once 1', 'on 2']);
  });

  test('a listener whose promise rejects is reported, with on and with once', async () => {
    const reported: [unknown, string][] = [];
    const events = new EventSource<Events>((error, context) => reported.push([error, context]));
    const error = new Error('mine');
    events.on('b', () => Promise.reject(error));
    events.once('b', () => Promise.reject(error));
    events.emit('b');
    await new Promise(setImmediate);
    expect(reported).toEqual([
      [error, "a listener of 'b' threw"],
      [error, "a listener of 'b' threw"],
    ]);
  });

  test('a listener that throws disturbs nobody and is reported', () => {
    const reported: [unknown, string][] = [];
    const events = new EventSource<Events>((error, context) => reported.push([error, context]));
    const heard: number[] = [];
    const error = new Error('mine');
    events.on('a', () => {
      throw error;
    });
    events.on('a', (value) => heard.push(value));
    events.emit('a', 5);
    expect(heard).toEqual([5]);
    expect(reported).toEqual([[error, "a listener of 'a' threw"]]);
  });

  test('an emit under way keeps the listeners that it began with', () => {
    const events = new EventSource<Events>(() => expect.unreachable());
    const heard: string[] = [];
    const second = (): void => void heard.push('second');
    events.on('b', () => {
      events.off('b', second);
      events.on('b', () => heard.push('late'));
    });
    events.on('b', second);
    events.emit('b');
    expect(heard).toEqual(['second']);
  });
});

describe('safeReporter', () => {
  test('without a reporter it warns on the process', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    safeReporter(undefined)(new Error('lost?'), 'somewhere');
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toContain('somewhere: Error: lost?');
  });

  test('a reporter that throws loses neither error', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    safeReporter(() => {
      throw new Error('second');
    })('first', 'somewhere');
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      'somewhere: first',
      expect.stringContaining('onError threw: Error: second'),
    ]);
  });
});
