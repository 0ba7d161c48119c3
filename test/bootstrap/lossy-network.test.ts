import { lossyRule, seededRandom } from '@flownexus/datagram/testing';
import { serverAccount } from '@flownexus/lwm2m-server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BootstrapBed } from '../ets/bootstrap-bed.ts';
import { ENDPOINT_NAME, SERVER } from '../ets/testbed.ts';

const configuration = {
  instances: serverAccount({ shortServerId: 1, uri: `coap://${SERVER.host}:${SERVER.port}`, lifetime: 7_200 }),
};

test('whatever the network loses, repeats and delays, a device is bootstrapped and registered in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom('1.0', '1.1', '1.2'), async (seed, lwm2mVersion) => {
      const bed = new BootstrapBed({ configuration, device: { lwm2mVersion } });
      bed.network.rule = lossyRule(seededRandom(seed), { loss: 0.3, duplication: 0.2, jitterMs: 5_000 });
      await bed.open();
      bed.device.start().catch(() => undefined);
      for (let minutes = 0; minutes < 60 && bed.server.registration(ENDPOINT_NAME) === undefined; minutes += 1) {
        await bed.clock.advanceAsync(60_000);
      }
      expect(bed.server.registration(ENDPOINT_NAME)?.lifetime).toBe(7_200);
      expect(bed.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/1', '/3/0']);
    }),
    { numRuns: 40 },
  );
});
