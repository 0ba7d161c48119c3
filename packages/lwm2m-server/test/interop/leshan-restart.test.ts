import { expect, test } from 'vitest';
import { coap, coaps, type CoapsServerEndpoint } from '../../src/index.ts';
import type { SqliteStores } from '../../src/sqlite/index.ts';
import { describeDevices, NAME } from './device-stage.ts';
import { valuesOf } from './device-values.ts';
import { DurableServer } from './durable-server.ts';
import { Heard } from './heard.ts';
import { leshan2, leshans } from './leshan.ts';

const HOST = '127.0.0.1';
const POLICIES = { observe: [{ path: '/3303/*/5700' }] };

for (const peer of leshans) {
  describeDevices(peer, 'a restart of the server, with its stores in SQLite', (stage) => {
    test('the device stays registered and observed, and notices nothing', async () => {
      const durable = await DurableServer.start(stage, (_, port) => coap({ host: HOST, port }), POLICIES);
      const heard = new Heard(stage.server);
      const [device, before] = await stage.registered();
      await heard.count(2);
      await durable.restart();
      expect(stage.server.registration(NAME)?.registrationId).toBe(before.registrationId);
      const since = new Heard(stage.server);
      await device.run('set', '/3303/1/5700', '77');
      await since.count(1);
      expect(since.all.map(({ records, initial }) => [valuesOf(records), initial])).toEqual([
        [{ '/3303/1/5700': 77 }, false],
      ]);
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
      const updated = stage.updated();
      await device.run('update');
      expect((await device.soon('an Update', updated)).registrationId).toBe(before.registrationId);
    });

    test('what is queued is done after it', async () => {
      const options = { awakeTimeMs: 200 };
      const durable = await DurableServer.start(stage, (_, port) => coap({ host: HOST, port }), options);
      const [device] = await stage.registered({ queue: 'true' });
      await stage.asleep();
      await device.run('sleep');
      const { id } = await stage.server.operations.add(NAME, {
        kind: 'write',
        path: '/3442/0/110',
        mode: 'replace',
        node: { kind: 'singleResource', id: 110, type: 'string', value: 'over the restart' },
      });
      await durable.restart();
      expect(await stage.server.operations.get(id)).toMatchObject({ state: 'QUEUED' });
      await device.run('wake');
      await device.run('update');
      const finished = stage.server.operations.finished(id);
      expect(await device.soon('the operation', finished)).toMatchObject({ state: 'CONFIRMED' });
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: 'over the restart' });
    });
  });
}

describeDevices(leshan2, 'a restart of the server, over DTLS with a Connection ID', (stage) => {
  test('the association, the registration and the observation go on without a handshake', async () => {
    const endpoints: CoapsServerEndpoint[] = [];
    const coapsEndpoint = ({ credentials, associations }: SqliteStores, port: number): CoapsServerEndpoint => {
      const endpoint = coaps({ host: HOST, port, credentials, associations });
      endpoints.push(endpoint);
      return endpoint;
    };
    const durable = await DurableServer.start(stage, coapsEndpoint, POLICIES);
    const key = new TextEncoder().encode('sixteen byte key');
    await durable.stores.credentials.set(NAME, { mode: 'psk', identity: 'id', key });
    const heard = new Heard(stage.server);
    const [device, before] = await stage.registered({
      identity: 'id',
      psk: Buffer.from(key).toString('hex'),
      cid: '4',
    });
    await heard.count(2);
    await durable.restart();
    const since = new Heard(stage.server);
    await device.run('set', '/3303/1/5700', '78');
    await since.count(1);
    expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    const updated = stage.updated();
    await device.run('update');
    expect((await device.soon('an Update', updated)).registrationId).toBe(before.registrationId);
    expect(endpoints[1]?.statistics).toMatchObject({ handshakesStarted: 0, restored: 1 });
  });
});
