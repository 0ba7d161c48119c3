import { readFile } from 'node:fs/promises';
import { MemoryNetwork, VirtualClock, type MemoryTransport } from '@flownexus/datagram/testing';
import { expect, expectTypeOf, test } from 'vitest';
import {
  CoapEndpoint,
  Code,
  ContentFormat,
  decodeMessage,
  encodeMessage,
  MessageType,
  replies,
  Router,
} from '../../src/index.ts';
import { bytes, line, opt } from '../scenarios/world.ts';

const withoutBlanks = (code: string): string => code.replaceAll(/\s+\*|\s/g, '');

test('the example in the documentation of Router is the code here, and works', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const udpTransport = ({ port }: { readonly port: number }): MemoryTransport =>
    network.transport({ host: '10.0.0.1', port });
  // example: begin
  let target = 21;
  const router = new Router()
    .resource('/thermostat/target', {
      attributes: { rt: 'core.s', ct: ContentFormat.TEXT_PLAIN, title: 'Target temperature' },
      observable: true,
      get: () => replies.content(`${target}`),
      put: (request) => {
        target = Number(new TextDecoder().decode(request.payload));
        router.notify('/thermostat/target');
        return replies.changed();
      },
    })
    .get('/rooms/:room', (request) => replies.content(`this is ${request.params.room}`));
  const endpoint = new CoapEndpoint({ transport: udpTransport({ port: 5683 }), onRequest: router });
  await endpoint.open();
  // example: end
  const device = network.peer('10.0.0.2', 40_000);
  const say = async (code: number, payload: string, ...path: string[]): Promise<string[]> => {
    const message = { type: MessageType.CON, code, messageId: 1, token: bytes('t'), payload: bytes(payload) };
    const options = [...(code === Code.GET ? [opt.observe(0)] : []), ...opt.path(...path)];
    device.send(endpoint.localAddress, encodeMessage({ ...message, messageId: code, options }));
    await clock.settle();
    return device.takeAll().map((datagram) => line(decodeMessage(datagram)));
  };
  expect(await say(Code.GET, '', 'thermostat', 'target')).toEqual(['ACK 2.05 "21"']);
  expect((await say(Code.PUT, '23', 'thermostat', 'target')).sort()).toEqual(['ACK 2.04', 'CON 2.05 "23"']);
  await endpoint.close();

  const documentation = await readFile(new URL('../../src/server/router.ts', import.meta.url), 'utf8');
  const example = /@example\n(.*?)\*\//s.exec(documentation)?.[1];
  const here = /\/\/ example: begin\n(.*?)\/\/ example: end/s.exec(
    await readFile(new URL(import.meta.url), 'utf8'),
  )?.[1];
  expect(withoutBlanks(example!)).toBe(withoutBlanks(here!));
});

test('parameters are known to the compiler', () => {
  const unknownPattern: string = ['', 'b', ':c'].join('/');
  new Router()
    .get('/a/:b/c/:d', ({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ readonly b: string; readonly d: string }>();
      return replies.changed();
    })
    .resource('/files/*rest', {
      etag: ({ params }) => bytes(params.rest),
      put: ({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ readonly rest: string }>();
        return replies.changed();
      },
    })
    .put(unknownPattern, ({ params }) => {
      expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>();
      return replies.changed();
    });
});
