import { describe, expect, test } from 'vitest';
import { MessageType, Code, type TraceEvent } from '@flownexus/coap';
import { overTransport } from '../../src/index.ts';
import { inWords, LINKS, SERVER, Stage } from '../scripted-device.ts';

const REGISTER = { path: ['rd'], query: ['lwm2m=1.1', 'ep=dev', 'lt=60'], contentFormat: 40, payload: LINKS };

function traced(stage: Stage, endpointName: string): { readonly lines: string[]; readonly stop: () => void } {
  const lines: string[] = [];
  const stop = stage.server.trace(endpointName, ({ direction, peer, message }: TraceEvent) =>
    lines.push(`${direction} ${peer.port} ${message === undefined ? 'garbage' : inWords(message)}`),
  );
  return { lines, stop };
}

describe('a trace of an endpoint', () => {
  test('shows its messages alone, from the first Register on and wherever it is', async () => {
    const stage = await Stage.start();
    const { lines, stop } = traced(stage, 'dev');
    const [device, other] = [stage.device(1000), stage.device(2000)];
    await device.register();
    await other.register('lwm2m=1.1&ep=other&lt=60');
    expect(lines.splice(0)).toEqual(['in 1000 CON POST rd', 'out 1000 ACK 2.01']);
    stage.server
      .device('dev')
      .read('/3/0/9')
      .catch(() => undefined);
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    expect(lines.splice(0)).toEqual(['out 1000 CON GET 3/0/9 accept=112', 'in 1000 ACK 2.05']);
    device.peer.rebind('192.0.2.99', 3000);
    await device.update();
    const [, id = ''] = device.location;
    expect(lines.splice(0)).toEqual([`in 3000 CON POST rd/${id}`, 'out 3000 ACK 2.04']);
    device.sendBytes(Uint8Array.of(0x4f, 1, 0, 1));
    await device.ignore();
    expect(lines.splice(0)).toEqual(['in 3000 garbage', 'out 3000 RST empty']);
    await device.deregister();
    expect(lines.splice(0)).toEqual([`in 3000 CON DELETE rd/${id}`, 'out 3000 ACK 2.02']);
    stop();
    await device.register();
    expect(lines).toEqual([]);
  });

  test('is of the endpoint where it registered: the same address at another port of ours is another peer', async () => {
    const world = new Stage();
    const addresses = [SERVER, { host: SERVER.host, port: 5783 }] as const;
    const endpoints = addresses.map((address) => overTransport(world.network.transport(address)));
    const stage = new Stage({ endpoints }, world);
    await stage.server.start();
    const { lines } = traced(stage, 'dev');
    const device = stage.device(1000);
    await device.register();
    expect(lines.splice(0)).toHaveLength(2);
    await stage.clock.advanceAsync(100_000);
    device.peer.send(addresses[1], Uint8Array.of(0x40, 0, 0, 1)); // a ping
    await device.ignore();
    expect(lines).toEqual([]);
  });

  test('shows a Register that is refused, and what comes of it', async () => {
    const stage = await Stage.start({ authorize: () => ({ reason: 'no' }) });
    const { lines } = traced(stage, 'dev');
    const device = stage.device(1000);
    device.request(Code.POST, REGISTER);
    await device.ignore();
    expect(lines.splice(0)).toEqual(['in 1000 CON POST rd', 'out 1000 ACK 4.03']);
    await stage.clock.advanceAsync(100_000);
    device.send({ type: MessageType.CON, code: Code.EMPTY, messageId: 7 });
    await device.ignore();
    expect(lines).toEqual([]);
  });

  test('is begun and ended at any time, before the server starts too, by as many as want to look', async () => {
    const stage = new Stage();
    const first = traced(stage, 'dev');
    await stage.server.start();
    const device = stage.device(1000);
    await device.register();
    expect(first.lines.splice(0)).toHaveLength(2);
    const second = traced(stage, 'dev');
    await device.update();
    expect([first.lines.splice(0).length, second.lines.splice(0).length]).toEqual([2, 2]);
    first.stop();
    first.stop();
    await device.update();
    expect([first.lines.length, second.lines.splice(0).length]).toEqual([0, 2]);
    second.stop();
    await device.update();
    expect(second.lines).toEqual([]);
  });

  test('that throws is reported and harms nobody', async () => {
    const stage = await Stage.start();
    stage.server.trace('dev', () => {
      throw new Error('no screen');
    });
    const { lines } = traced(stage, 'dev');
    expect(await stage.device(1000).register()).toBe('2.01');
    expect(lines).toHaveLength(2);
    expect(stage.taken().filter((line) => line !== 'registered dev')).toEqual([
      'error: a trace of dev threw: Error: no screen',
      'error: a trace of dev threw: Error: no screen',
    ]);
  });

  test('is one of a bounded number', async () => {
    const stage = await Stage.start();
    for (let n = 0; n < 100; n += 1) stage.server.trace(`dev${n}`, () => undefined);
    expect(() => stage.server.trace('one more', () => undefined)).toThrow('too many endpoints are traced');
    expect(() => stage.server.trace('dev7', () => undefined)).not.toThrow();
  });
});
