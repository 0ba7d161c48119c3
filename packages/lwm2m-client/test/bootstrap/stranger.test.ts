import { Code, CoapEndpoint } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { BootstrapStage } from './bootstrap-stage.ts';

test('a device that bootstraps answers everybody but its bootstrap server 4.01', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  const transport = stage.network.transport({ host: '10.0.0.66', port: 5783 });
  const stranger = new CoapEndpoint({ transport, clock: stage.clock, random: seededRandom(6) });
  await stranger.open();
  const device = await stranger.connect('10.0.0.2', 40_000);
  for (const [method, path] of [
    [Code.POST, ['bs']],
    [Code.DELETE, ['0']],
    [Code.GET, ['1']],
    [Code.PUT, ['0', '7']],
  ] as const) {
    const { code } = await stage.clock.runUntil(stranger.request(device, { method, path }));
    expect(code).toBe(Code.UNAUTHORIZED);
  }
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/1', '/3/0']);
  expect(stage.events).toEqual([]);
  await stranger.close();
  await stage.close();
});
