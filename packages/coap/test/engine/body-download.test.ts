import { expect, test } from 'vitest';
import { BodyDownload } from '../../src/engine/body-download.ts';
import { Budget } from '../../src/engine/budget.ts';
import { Code, MessageType, type CoapMessage } from '../../src/index.ts';

function block(payload: Uint8Array): CoapMessage {
  const token = new Uint8Array(0);
  return { type: MessageType.ACK, code: Code.CONTENT, messageId: 1, token, options: [], payload };
}

function download(budget: Budget): BodyDownload {
  return new BodyDownload(block(new Uint8Array(16)), [], 0, 1_000_000, budget);
}

test('a body holds its own bytes, not the datagrams that its blocks came in', () => {
  const body = download(new Budget(1000));
  for (let num = 0; num < 4; num += 1) {
    const datagram = new Uint8Array(60_000).fill(num);
    const message = block(datagram.subarray(0, 16));
    expect(body.add(message, [], { num, more: num < 3, szx: 0 })).toBe(num < 3 ? 'more' : 'complete');
    datagram.fill(255);
  }
  const bytes = body.body();
  expect([...bytes.filter((_, index) => index % 16 === 0)]).toEqual([0, 1, 2, 3]);
  expect(bytes.buffer.byteLength).toBeLessThan(1000);
});

test('the bytes of all bodies together are bounded, and free again when one is done', () => {
  const budget = new Budget(40);
  const first = download(budget);
  const second = download(budget);
  const add = (body: BodyDownload, num: number) => body.add(block(new Uint8Array(16)), [], { num, more: true, szx: 0 });
  add(first, 0);
  add(second, 0);
  expect(() => add(first, 1)).toThrow(expect.objectContaining({ code: 'ERR_COAP_LIMIT' }) as Error);
  second.release();
  expect(budget.used).toBe(16);
  add(first, 1);
  first.release();
  expect(budget.used).toBe(0);
});

test('a body ends where block numbers do (RFC 7959 §2.2)', () => {
  const body = new BodyDownload(block(new Uint8Array(16)), [], 6, 2 ** 26, new Budget(2 ** 26));
  const large = new Uint8Array(1024);
  for (let num = 0; num < 2 ** 14 - 1; num += 1) body.add(block(large), [], { num, more: true, szx: 6 });
  const small = (num: number) => body.add(block(new Uint8Array(16)), [], { num, more: true, szx: 0 });
  for (let num = 2 ** 20 - 64; num < 2 ** 20 - 1; num += 1) small(num);
  expect(body.next.num).toBe(2 ** 20 - 1);
  expect(() => small(2 ** 20 - 1)).toThrow(expect.objectContaining({ code: 'ERR_COAP_BLOCK' }) as Error);
});
