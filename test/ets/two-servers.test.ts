import { expect, test } from 'vitest';
import { createClient, createServer, DEVICE, ENDPOINT_NAME, inLinkFormat, list, Testbed } from './testbed.ts';
import type { Lwm2mServer } from '@flownexus/lwm2m-server';

const SECOND = { host: '192.0.2.2', port: 5683 };

/** A device that has registered with two servers, each of which may do everything with its Device Object. */
async function twice(): Promise<{ readonly bed: Testbed; readonly second: Lwm2mServer }> {
  const bed = await Testbed.registered({
    contents: {
      '/0/1/0': `coap://${SECOND.host}:${SECOND.port}`,
      '/0/1/10': 2,
      '/1/1/0': 2,
      '/1/1/1': 43_200,
      '/1/1/6': false,
      '/1/1/7': 'U',
      // Configuration C.14 has all of these in one Object Instance, which holds but one.
      ...Object.fromEntries(
        [
          [1, 0, list(31)],
          [1, 1, list(31)],
          [3, 0, list(31, 31)],
        ].flatMap(([objectId = 0, instanceId = 0, rights = 0], index) => [
          [`/2/${index}/0`, objectId],
          [`/2/${index}/1`, instanceId],
          [`/2/${index}/2`, rights],
          [`/2/${index}/3`, 1],
        ]),
      ),
    },
  });
  const second = createServer(bed, SECOND);
  await second.start();
  const client = createClient(bed, bed.tree, {
    server: SECOND,
    serverInstance: 1,
    transport: bed.network.transport({ ...DEVICE, port: 50_001 }),
  });
  await bed.run(client.start());
  await bed.clock.settle();
  return { bed, second };
}

test('1.1-int-950 Multi-Servers Registration', async () => {
  const { bed, second } = await twice();
  expect(bed.device.registration).toMatchObject({ endpointName: ENDPOINT_NAME, lifetime: 86_400 });
  expect(second.registration(ENDPOINT_NAME)).toMatchObject({ endpointName: ENDPOINT_NAME, lifetime: 43_200 });
  expect(bed.exchanges().at(-1)).toMatch(
    /^POST \/rd\?lwm2m=1\.1&ep=urn:dev:ets&lt=43200&b=U cf=40 .*<\/1\/1>.* → 2\.01 \/rd\/\S+$/,
  );
});

test('1.1-int-951 Multi-Servers and Attributes', async () => {
  const { bed, second } = await twice();
  const other = second.device(ENDPOINT_NAME);
  await bed.run(bed.device.writeAttributes('/3/0/9', { pmin: 10, pmax: 60 }));
  await bed.run(other.writeAttributes('/3/0/9', { pmin: 20, pmax: 200 }));
  expect(await bed.discover('/3/0/9')).toBe('</3/0/9>;pmin=10;pmax=60');
  const { links } = await bed.run(other.discover('/3/0/9'));
  expect(inLinkFormat(links)).toBe('</3/0/9>;pmin=20;pmax=200');
});
