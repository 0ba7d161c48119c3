import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

test('what a smartcard holds takes the place of all accounts when the device starts (ETS 3)', async () => {
  const card = Object.entries(serverAccount(5));
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1) }, { smartcard: () => card });
  await stage.clock.runUntil(stage.device.start());
  expect(stage.events).toEqual(['registered 5']);
  expect(stage.tree.instancePaths()).toEqual(['/0/5', '/1/5', '/3/0']);
  await stage.close();
});

test('without a smartcard the accounts are those of the device', async () => {
  const stage = await BootstrapStage.open(serverAccount(1), { smartcard: () => undefined });
  await stage.clock.runUntil(stage.device.start());
  expect(stage.events).toEqual(['registered 1']);
  await stage.close();
});
