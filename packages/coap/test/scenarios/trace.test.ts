import { expect, test } from 'vitest';
import { Code, type TraceEvent } from '../../src/index.ts';
import { line, opt, World } from './world.ts';

const told = ({ direction, message, formatError, repeated }: TraceEvent): string =>
  `${direction} ${message === undefined ? formatError?.message : line(message)}${repeated ? ' again' : ''}`;

test('a trace sees every message in and out, with what comes again', async () => {
  const events: TraceEvent[] = [];
  const world = await World.open({
    onRequest: () => ({ code: Code.CONTENT, payload: new TextEncoder().encode('hi') }),
    onTrace: (event) => void events.push(event),
  });
  const request = { type: 'CON', code: '0.01', messageId: 1, options: opt.path('a') } as const;
  await world.say(request);
  await world.say(request);
  await world.say({ type: 'CON' }); // ping
  world.device.send(world.endpoint.localAddress, Uint8Array.of(0x4f, 1, 0, 9));
  await world.clock.settle();
  expect(events.map(told)).toEqual([
    'in CON 0.01',
    'out ACK 2.05 "hi"',
    'in CON 0.01 again',
    'out ACK 2.05 "hi" again',
    'in CON 0.00',
    'out RST 0.00',
    'in expected a token length of 0 to 8, found 15 (offset 0)',
    'out RST 0.00',
  ]);
  expect(events[0]?.peer.port).toBe(world.device.port);
  expect(events[0]?.datagram).toEqual(world.network.log[0]?.bytes);
  expect(events[0]?.atMs).toBe(world.clock.wallTime());
  await world.end();
});

test('retransmissions are told apart', async () => {
  const events: string[] = [];
  const world = await World.open({ onTrace: (event) => void events.push(told(event)) });
  const request = world.endpoint.request(world.peer, { method: Code.GET }, { timeoutMs: 10_000 });
  const outcome = expect(request).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await world.clock.advanceAsync(10_000);
  await outcome;
  expect(events).toEqual(['out CON 0.01', 'out CON 0.01 again', 'out CON 0.01 again']);
  await world.end();
});

test('a trace that throws hurts nobody', async () => {
  const errors: unknown[] = [];
  const world = await World.open({
    onRequest: () => ({ code: Code.CONTENT }),
    onTrace: () => {
      throw new Error('disk full');
    },
    onError: (error, context) => errors.push(`${context}: ${String(error)}`),
  });
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 2.05');
  expect(errors).toEqual(['onTrace: Error: disk full', 'onTrace: Error: disk full']);
  await world.end();
});

test('a trace is turned on, changed and turned off while the endpoint runs', async () => {
  const first: string[] = [];
  const second: string[] = [];
  const world = await World.open({ onRequest: () => ({ code: Code.CONTENT }) });
  const ask = async (): Promise<void> => {
    await world.say({ type: 'CON', code: '0.01' });
    await world.hear();
  };
  await ask();
  world.endpoint.setTrace((event) => void first.push(told(event)));
  await ask();
  world.endpoint.setTrace((event) => void second.push(told(event)));
  await ask();
  world.endpoint.setTrace(undefined);
  await ask();
  expect([first, second]).toEqual([
    ['in CON 0.01', 'out ACK 2.05'],
    ['in CON 0.01', 'out ACK 2.05'],
  ]);
  await world.end();
});
