import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

function fail(): never {
  throw new Error('the application has failed');
}

test.each(['onBootstrapped', 'onRegistered'])('what %s throws keeps no device from its server', async (name) => {
  const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { [name]: fail });
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(100);
  expect(stage.requests).toEqual([
    'bootstrap POST /bs?ep=device&pct=112',
    'server POST /rd?lwm2m=1.1&ep=device&lt=300&b=U',
  ]);
  expect(stage.troubles).toEqual(['bootstrap: the application has failed']);
  expect(stage.device.clients.get(1)?.registrationId).toBe('r');
  await stage.close();
});
