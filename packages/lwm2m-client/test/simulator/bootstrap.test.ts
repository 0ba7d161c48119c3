import { seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { startSimulatedDevices } from '../../src/simulator/simulated-devices.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from '../bootstrap/bootstrap-stage.ts';

test('simulated devices with a bootstrap server register with what it gives them', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  let port = 50_000;
  const devices = await startSimulatedDevices({
    count: 1,
    bootstrap: { uri: 'coap://10.0.0.3:5783' },
    transport: () => stage.network.transport({ host: '10.0.0.5', port: port++ }),
    clock: stage.clock,
    random: seededRandom(5),
  });
  await stage.pass(1);
  expect(stage.requests).toEqual(['bootstrap POST /bs?ep=urn:imei:100000000000000&pct=112']);
  expect(devices.clients).toEqual([]);
  expect(await stage.discover('/0')).toBe('2.05 </>;lwm2m=1.1,</0/0>');
  await stage.writeAccount(1);
  expect(await stage.finish()).toBe('2.04');
  await stage.pass(1);
  expect(devices.clients.map(({ registrationId }) => registrationId)).toEqual(['r']);
  await stage.clock.runUntil(devices.stop());
  await stage.close();
});
