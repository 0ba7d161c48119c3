import { Code } from '@flownexus/coap';
import { encodePayload, type Lwm2mNode } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { serverAccount, type BootstrapConfiguration } from '../../src/index.ts';
import { BootstrapStage, request, serve } from './bootstrapping.ts';

const ACCOUNT = serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1', serverInstanceId: 0 });
const LINKS = '</>;lwm2m=1.1,</0/0>;uri="coap://192.0.2.2",</0/1>;ssid=1;uri="coap://192.0.2.1",</1/0>;ssid=1,</3/0>';

async function bootstrap(
  configuration: BootstrapConfiguration,
  answers: Parameters<typeof serve>[2],
): Promise<{ readonly stage: BootstrapStage; readonly heard: readonly string[] }> {
  const stage = await BootstrapStage.begin();
  stage.configurations.set('dev', configuration);
  const device = stage.device();
  const { first } = await request(device, 'ep=dev&pct=112');
  return { stage, heard: await serve(device, first, answers) };
}

test('the account of the Bootstrap-Server is found, and not overwritten', async () => {
  const { stage, heard } = await bootstrap(
    { instances: ACCOUNT },
    { 'GET 0 accept=40': () => [Code.CONTENT, { contentFormat: 40, payload: LINKS }] },
  );
  expect(heard).toEqual(['GET 0 accept=40', 'DELETE 0', 'DELETE 1', 'PUT 0/1', 'PUT 1/0', 'POST bs']);
  expect(stage.taken()).toEqual(['started dev', 'finished dev']);
});

test('the list of LwM2M 1.0 is understood (ETS 1.1-int-0)', async () => {
  const payload = 'lwm2m="1.0",</0/0>;ssid=1,</0/1>,</1/0>;ssid=1,</3/0>';
  const { heard } = await bootstrap(
    { instances: ACCOUNT },
    { 'GET 0 accept=40': () => [Code.CONTENT, { contentFormat: 40, payload }] },
  );
  expect(heard).toContain('PUT 0/0');
});

test('what a device is asked for is in the session, its nonsense too (ETS 1.1-int-8)', async () => {
  const server: Lwm2mNode = {
    kind: 'object',
    id: 1,
    instances: [
      { kind: 'objectInstance', id: 0, resources: [{ kind: 'singleResource', id: 0, type: 'integer', value: 1 }] },
    ],
  };
  const { stage, heard } = await bootstrap(
    {
      deletes: [],
      instances: [],
      queries: [
        { operation: 'discover', path: '/1' },
        { operation: 'read', path: '/1' },
        { operation: 'read', path: '/2' },
      ],
    },
    {
      'GET 1 accept=40': () => [Code.CONTENT, { contentFormat: 40, payload: '</1/0>;ssid=1' }],
      'GET 1 accept=112': () => [Code.CONTENT, { contentFormat: 112, payload: encodePayload(server, 112, '/1') }],
      'GET 2 accept=112': () => [Code.CONTENT, { contentFormat: 112, payload: 'nonsense' }],
    },
  );
  expect(heard).toEqual(['GET 1 accept=40', 'GET 1 accept=112', 'GET 2 accept=112', 'POST bs']);
  expect(stage.taken().at(-1)).toBe('finished dev');
  const [discover, read, nonsense] = stage.sessions[0]?.steps ?? [];
  expect(discover?.links).toMatchObject([{ target: '/1/0' }]);
  expect(read?.records).toMatchObject([{ path: { objectId: 1, objectInstanceId: 0, resourceId: 0 }, value: 1 }]);
  expect(nonsense).toMatchObject({ responseCode: '2.05' });
  expect(nonsense?.records).toBeUndefined();
  expect(nonsense?.diagnostic).toContain('does not decode');
});
