import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { EventLog } from '../../src/logs/event-log.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const SEND = 'server POST /dp';

test('a device sends to the server with the Short Server ID', async () => {
  const stage = await BootstrapStage.open({ ...serverAccount(7), '/3/0/0': 'Example' });
  await stage.clock.runUntil(stage.device.start());
  stage.answers.push({ code: Code.CHANGED });
  await stage.clock.runUntil(stage.device.send(7, ['/3/0/0']));
  expect(stage.requests.at(-1)).toBe(SEND);
  await expect(stage.device.send(1, ['/3/0/0'])).rejects.toMatchObject({
    code: 'ERR_LWM2M_CLIENT_STATE',
    message: 'a Send needs a registration, and there is none with the server 1',
  });
  await stage.close();
});

test('what is logged during a bootstrap is sent after it', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  const log = new EventLog(stage.tree, stage.clock);
  stage.tree.set('/20/0/4017', 1);
  const disconnect = log.connect((values) => stage.device.send(1, values));
  stage.device.start().catch(() => undefined);
  log.log('bootstrapping');
  await stage.pass(3);
  expect(stage.requests).not.toContain(SEND);
  await stage.writeAccount(1);
  await stage.finish();
  stage.answers.push({ code: Code.CREATED, locationPath: ['rd', 'r'] }, { code: Code.CHANGED });
  await stage.pass(3);
  expect(stage.requests.filter((request) => request === SEND)).toHaveLength(1);
  disconnect();
  await stage.close();
});
