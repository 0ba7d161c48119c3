import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HoldingClock } from '../holding-clock.ts';
import { Child } from '../processes/child.ts';
import { RefusingServer } from '../processes/refusing-server.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

test('a device that was refused runs on in its process, and asks again', async () => {
  const server = await RefusingServer.start();
  const child = new Child(join(import.meta.dirname, '../processes/device.ts'), [server.uri]);
  await Promise.race([child.wrote(1), child.ended]);
  expect(child.lines).toEqual(['the bootstrap server answered 4.00']);
  const asksAgain = server.refused(2).then(() => 'asks again');
  expect(await Promise.race([asksAgain, child.ended])).toBe('asks again');
  child.kill();
  expect(await child.ended).toBe('SIGKILL');
}, 60_000);

test.each(['stop', 'close'] as const)('it holds the process until %s', async (end) => {
  const stage = await BootstrapStage.open(serverAccount(1));
  const clock = new HoldingClock(stage.clock);
  const device = stage.createDevice(stage.tree, { clock });
  expect(clock.holds).toBe(0);
  await stage.clock.runUntil(device.start());
  expect(clock.isHeld).toBe(true);
  await stage.clock.runUntil(device[end]());
  expect(clock.isHeld).toBe(false);
  await stage.close();
});

test('it holds the process while it waits, and not when it is stopped before it was accepted', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  const clock = new HoldingClock(stage.clock);
  const device = stage.createDevice(stage.tree, { clock });
  stage.network.rule = () => 'drop';
  const started = device.start();
  started.catch(() => undefined);
  await stage.pass(100);
  expect(clock.isHeld).toBe(true);
  await stage.clock.runUntil(device.stop());
  await expect(started).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
  expect(clock.isHeld).toBe(false);
  await stage.close();
});

test('one that can not begin holds no process', async () => {
  const stage = await BootstrapStage.open({ '/3/0/0': 'Example' });
  const clock = new HoldingClock(stage.clock);
  const device = stage.createDevice(stage.tree, { clock });
  await expect(device.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_ACCOUNT' });
  expect(clock.holds).toBe(1);
  expect(clock.isHeld).toBe(false);
  await stage.clock.runUntil(device.stop());
  await stage.close();
});
