import { expect, test } from 'vitest';
import { sharedBlackBox } from './black-box.ts';

const app = sharedBlackBox();

const single = {
  ep: 'qemu_x86',
  obj_id: 3303,
  val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value: '24.899181214836236' },
};
const device = {
  kind: 'obj',
  id: 3,
  instances: [
    {
      kind: 'instance',
      id: 0,
      resources: [
        { kind: 'singleResource', id: 0, type: 'STRING', value: 'Zephyr' },
        { kind: 'multiResource', id: 6, type: 'INTEGER', values: { 0: '1', 1: '5' } },
        { kind: 'singleResource', id: 17, type: 'STRING', value: 'qemu_x86' },
      ],
    },
  ],
};

test('a single value is stored for who has a token', async () => {
  const box = app();
  expect(await box.call('POST', '/leshan_api/resource/single', single, {})).toMatchObject({ status: 401 });
  expect(await box.call('POST', '/leshan_api/resource/single', single)).toMatchObject({ status: 201, body: single });
  expect(await box.values('qemu_x86', '/3303/0/5700')).toMatchObject([{ value: 24.899181214836236, source: 'ingest' }]);
});

test('a composite in both shapes gives one event for each object, with all its values; one bad value and nothing is stored', async () => {
  const box = app();
  const events = async () => (await box.get<{ items: { id: number; type: string }[] }>('/api/v1/events')).items;
  expect(await box.call('POST', '/leshan_api/resource/composite', { ep: 'a', val: device })).toMatchObject({ status: 201 }); // prettier-ignore
  expect((await events()).map(({ type }) => type)).toEqual(['3']);
  const another = { kind: 'obj', id: 10300, instances: [{ kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 1, type: 'INTEGER', value: 7 }] }] }; // prettier-ignore
  expect(await box.call('POST', '/leshan_api/resource/composite', { ep: 'a', val: { '/3': device, '/10300': another } })).toMatchObject({ status: 201 }); // prettier-ignore
  const stored = await events();
  expect(stored.map(({ type }) => type).sort()).toEqual(['10300', '3', '3']);
  expect((await box.values('a', '/3/0/6')).map(({ path, value }) => [path, value])).toEqual([
    ['/3/0/6/0', 1],
    ['/3/0/6/1', 5],
    ['/3/0/6/0', 1],
    ['/3/0/6/1', 5],
  ]);
  const [first] = stored;
  expect(await box.get(`/api/v1/events/${String(first?.id)}`)).toMatchObject({ endpoint: 'a' });

  const bad = { kind: 'obj', id: 3303, instances: [{ kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 5700, type: 'FLOAT', value: 'abc' }] }] }; // prettier-ignore
  expect(await box.call('POST', '/leshan_api/resource/composite', { ep: 'b', val: { '/3': device, '/3303': bad } })).toMatchObject({ status: 400 }); // prettier-ignore
  expect(await box.call('GET', '/api/v1/endpoints/b')).toMatchObject({ status: 404 });
});
