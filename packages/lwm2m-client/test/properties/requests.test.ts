import { Code, codeClass, decodeMessage, encodeMessage, formatCode, MessageType } from '@flownexus/coap';
import type { CoapRequest } from '@flownexus/coap';
import { ContentFormat, CONTENT_FORMATS } from '@flownexus/lwm2m-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryServer } from '../scenarios/memory-server.ts';
import { encoded, treeOf } from '../scenarios/world.ts';

const segment = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '2', '3', '16', '5700', '3303', '7', '4', '8', '65535') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x', '65536', '03', '-1', '/') },
);

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.constantFrom(
    encoded('/1/0', ContentFormat.TLV, { '/1/0/1': 60, '/1/0/6': true }),
    encoded('/16', ContentFormat.TLV, { '/16/3/0/0': 'x' }),
    encoded('/', ContentFormat.SENML_CBOR, { '/1/0/1': 70, '/16/0/0/5': 'x' }),
    new TextEncoder().encode('[{"n":"/3/0"},{"n":"/"}]'),
    new TextEncoder().encode('[{"n":"/16/0/0/0","v":null}]'),
    new TextEncoder().encode("0='x',1"),
    new TextEncoder().encode('60'),
  ),
);

const contentFormat = fc.option(
  fc.oneof(fc.constantFrom(...CONTENT_FORMATS.map(({ number }) => number)), fc.integer({ min: 0, max: 65_535 })),
  { nil: undefined },
);

const query = fc.array(
  fc.oneof(
    fc.constantFrom('pmin=1', 'pmax=5', 'gt=1', 'lt=5', 'st=1', 'edge=1', 'con=0', 'depth=3', 'epmin=3', 'pmin', 'x'),
    fc.string({ maxLength: 8 }),
  ),
  { maxLength: 3 },
);

const request = fc.record({
  method: fc.constantFrom(Code.GET, Code.POST, Code.PUT, Code.DELETE, Code.FETCH, Code.PATCH, Code.IPATCH),
  path: fc.array(segment, { maxLength: 5 }),
  query,
  payload,
  contentFormat,
  accept: contentFormat,
});

async function device(lwm2mVersion: '1.0' | '1.1' | '1.2'): Promise<{ server: MemoryServer; troubles: Error[] }> {
  const server = await MemoryServer.start();
  const troubles: Error[] = [];
  const objects = treeOf({
    '/0/0/0': 'secret',
    '/1/0/0': 1,
    '/1/0/1': 3_000,
    '/1/0/6': false,
    '/1/0/7': 'U',
    '/3/0/7': new Map([[0, 1]]),
    '/3303/0/5700': 21.5,
    '/16/0/0': new Map([[0, 'a']]),
  });
  objects.onExecute('/16/0/1', () => undefined);
  const client = await server.client({ objects, lwm2mVersion, onTrouble: (error) => troubles.push(error) });
  await server.clock.runUntil(client.start());
  return { server, troubles };
}

test.each(['1.0', '1.1', '1.2'] as const)('whatever is asked, LwM2M %s gives one answer', async (lwm2mVersion) => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
      const { server, troubles } = await device(lwm2mVersion);
      for (const { contentFormat: format, accept, ...rest } of requests) {
        const { peer } = server;
        if (peer === undefined) throw new Error('nobody has registered');
        const asked: CoapRequest = {
          ...rest,
          ...(format === undefined ? {} : { contentFormat: format }),
          ...(accept === undefined ? {} : { accept }),
        };
        const { code } = await server.clock.runUntil(server.coap.request(peer, asked));
        // Nothing is a defect of ours (5.00): there is room enough, and no handler that fails.
        expect([2, 4], formatCode(code)).toContain(codeClass(code));
        await server.clock.advanceAsync(3_000); // a reboot, say
      }
      expect(troubles).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('whatever datagrams come, the device answers the next request', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), async (datagrams) => {
      const { server, troubles } = await device('1.2');
      await server.clock.runUntil(server.coap.close());
      const answers: number[] = [];
      const transport = server.network.transport({ host: '10.0.0.1', port: 5683 });
      await transport.open({
        onDatagram: (_peer, bytes) => {
          const decoded = decodeMessage(bytes);
          if (decoded.messageId === 0xffff) answers.push(decoded.code);
        },
        onPeerClosed: () => undefined,
      });
      const peer = await transport.connect('10.0.0.2', 40_000);
      for (const datagram of datagrams) transport.send(peer, datagram);
      await server.clock.advanceAsync(300_000); // what they began is forgotten
      const options = ['3303', '0', '5700'].map((text) => ({ number: 11, value: new TextEncoder().encode(text) }));
      const message = { type: MessageType.CON, code: Code.GET, messageId: 0xffff, token: Uint8Array.of(1), options };
      transport.send(peer, encodeMessage({ ...message, payload: new Uint8Array(0) }));
      await server.clock.advanceAsync(1_000);
      expect(answers).toEqual([Code.CONTENT]);
      expect(troubles.filter((error) => !/acknowledge|refused|answered/.test(error.message))).toEqual([]);
      await transport.close();
    }),
    { numRuns: 60 },
  );
});
