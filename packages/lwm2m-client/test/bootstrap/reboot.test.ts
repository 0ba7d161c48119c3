import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const REGISTER = 'server POST /rd?lwm2m=1.1&ep=device&lt=300&b=U';

test('a reboot, of its own or by a server, is a new registration with each server', async () => {
  const stage = await BootstrapStage.open({ ...serverAccount(1), '/3/0/0': 'Example' });
  await stage.clock.runUntil(stage.device.start());
  await stage.clock.runUntil(stage.device.reboot());
  await stage.pass(limits.rebootMs / 1_000 + 1);
  expect(stage.requests).toEqual([REGISTER, REGISTER]);
  expect(await stage.askFromServer(Code.POST, '/3/0/4')).toBe('2.04');
  await stage.pass(limits.rebootMs / 1_000 + 1);
  expect(stage.requests).toEqual([REGISTER, REGISTER, REGISTER]);
  expect(stage.events).toEqual(['registered 1', 'registered 1', 'registered 1']);
  await stage.close();
});
