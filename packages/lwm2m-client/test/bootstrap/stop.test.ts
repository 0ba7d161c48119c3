import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

test('a device that is stopped while a bootstrap ends the one before it asks for nothing more', async () => {
  let port = 41_000;
  const stage: BootstrapStage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT, {
    transport: ({ isBootstrap }) => {
      const transport = stage.network.transport({ host: '10.0.0.2', port: port++ });
      const close = transport.close.bind(transport);
      if (isBootstrap) {
        transport.close = async () => {
          await close();
          await new Promise<void>((resolve) => stage.clock.schedule(1_000, resolve));
        };
      }
      return transport;
    },
  });
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(1);
  stage.requests.length = 0;
  stage.device.bootstrap();
  await stage.clock.settle();
  expect(stage.requests).toEqual(['server DELETE /rd/r']);

  const stoppedAt = stage.clock.now();
  await stage.clock.runUntil(stage.device.stop());

  expect(stage.clock.now() - stoppedAt).toBeLessThan(2_000);
  expect(stage.requests).toEqual(['server DELETE /rd/r']);
  await stage.close();
});
