import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { expect, test, vi } from 'vitest';
import { EventStreams, type StreamSource } from '../../src/leshan/event-streams.ts';

/** What a stream needs of an answer. */
class Reader extends EventEmitter {
  writableLength = 0;
  text = '';
  destroyed = false;

  set(): this {
    return this;
  }

  flushHeaders(): void {
    this.emit('headers');
  }

  write(text: string): void {
    this.text += text;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function opened(streams: EventStreams, query = '', isAllowed = () => Promise.resolve(true)): Reader {
  const reader = new Reader();
  const request = { method: 'GET', originalUrl: `/api/event${query}`, accepts: () => 'text/event-stream' };
  streams.open(request as unknown as Request, reader as unknown as Response, isAllowed);
  return reader;
}

function sourceWith(log: string[]): StreamSource {
  return {
    start: () => void log.push('start'),
    stop: () => void log.push('stop'),
    follow: (name) => void log.push(`follow ${name}`),
    unfollow: (name) => void log.push(`unfollow ${name}`),
  };
}

test('the source is listened to while there are streams, each endpoint once', () => {
  const log: string[] = [];
  const streams = new EventStreams(sourceWith(log));
  const first = opened(streams, '?ep=a');
  const second = opened(streams, '?ep=a&x');
  const third = opened(streams);
  expect(log.splice(0)).toEqual(['follow a', 'start']);
  first.destroy();
  third.destroy();
  expect(log).toEqual([]);
  second.destroy();
  second.emit('close');
  expect(log.splice(0)).toEqual(['unfollow a', 'stop']);
  opened(streams).destroy();
  expect(log).toEqual(['start', 'stop']);
});

test('an event is encoded once for all, and not at all for nobody', () => {
  const streams = new EventStreams(sourceWith([]));
  const data = vi.fn(() => ({ text: 'a\nb', more: '\u2028"' }));
  const [all, ofA, ofB] = [opened(streams), opened(streams, '?ep=a'), opened(streams, '?ep=b')];
  streams.publish('X', 'a', data);
  const text = 'event: X\ndata: {"text":"a\\nb","more":"\u2028\\""}\n\n';
  expect([all.text, ofA.text, ofB.text]).toEqual([text, text, '']);
  streams.publish('Y', 'c', data, 'named');
  expect(data).toHaveBeenCalledTimes(1);
  streams.publish('Y', 'b', data, 'named');
  expect([all.text, ofB.text]).toEqual([text, text.replace('X', 'Y')]);
});

test('a reader that is too slow is dropped', () => {
  const log: string[] = [];
  const streams = new EventStreams(sourceWith(log), 1_000);
  const [slow, other] = [opened(streams), opened(streams)];
  slow.writableLength = 1_000;
  streams.publish('X', 'a', () => 1);
  expect(slow.destroyed).toBe(false);
  slow.writableLength = 1_001;
  streams.publish('Y', 'a', () => 1);
  expect(slow.destroyed).toBe(true);
  expect(slow.text).toBe('event: X\ndata: 1\n\n');
  expect(other.text).toBe('event: X\ndata: 1\n\nevent: Y\ndata: 1\n\n');
  other.destroy();
  expect(log).toEqual(['start', 'stop']);
});

test('where the source refuses an endpoint there is no stream', () => {
  const log: string[] = [];
  const streams = new EventStreams({
    ...sourceWith(log),
    follow: () => {
      throw new Error('too many');
    },
  });
  expect(() => opened(streams, '?ep=a')).toThrow('too many');
  expect(log).toEqual([]);
});
