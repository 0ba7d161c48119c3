import { expect, test } from 'vitest';
import { LogRing } from '../../src/logs/log-ring.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function ring(capacity: number, ...pieces: readonly string[]): LogRing {
  const made = new LogRing(capacity);
  for (const piece of pieces) made.push(bytes(piece));
  return made;
}

const text = (made: LogRing, since?: number): string => new TextDecoder().decode(made.since(since));

test('the oldest pieces make room, as wholes', () => {
  const made = ring(6, 'aa', 'bbb', 'cc');
  expect([text(made), made.size, made.end]).toEqual(['bbbcc', 5, 7]);
});

test('of a piece that is too large the end is kept', () => {
  expect(text(ring(3, 'a', 'bcdef'))).toBe('def');
});

test('what came after a position', () => {
  const made = ring(5, 'aa', 'bb');
  const { end } = made;
  made.push(bytes('c'));
  expect([text(made, end), text(made, made.end), text(made, 0)]).toEqual(['c', '', 'aabbc']);
  made.push(bytes('dddd'));
  expect(text(made, end)).toBe('cdddd');
});

test('what came before a position is dropped', () => {
  const made = ring(10, 'aa', 'bb');
  const { end } = made;
  made.push(bytes('cc'));
  made.dropUntil(end);
  expect([text(made), made.size]).toEqual(['cc', 2]);
  made.dropUntil(made.end);
  made.push(bytes('d'));
  expect(text(made)).toBe('d');
});

test.each([0, -1, 1.5, Number.NaN])('%d is no capacity', (capacity) => {
  expect(() => new LogRing(capacity)).toThrow(RangeError);
});

test('what is empty takes no room', () => {
  const made = new LogRing(10);
  const watched = Object.assign(new Uint8Array(0), { subarray: () => expect.fail('it is kept') });
  made.push(watched);
  expect([made.size, made.end]).toEqual([0, 0]);
});
