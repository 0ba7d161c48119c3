import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { StoredAssociation } from '../../src/index.ts';
import { encodeSnapshot } from '../../src/transport/snapshot.ts';
import { expect, test } from 'vitest';
import { KEY, World } from './world.ts';

const COUNT = 50_000;
/** What an association may cost that sleeps: with all maps, what the store knows of it, and the peer of the transport below. */
const MOST_BYTES = 2_500;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  for (let round = 0; round < 3; round += 1) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Made when asked for, so that they take no room themselves. */
function* sleeping(nowMs: number): Generator<StoredAssociation> {
  for (let index = 0; index < COUNT; index += 1) {
    const snapshot = encodeSnapshot({
      epoch: {
        role: 'server',
        keys: { cipher: 'aes-128-ccm-8', block: new Uint8Array(40).fill(index & 255), encryptThenMac: false },
        localCid: Uint8Array.of(1, 2, index >> 24, (index >> 16) & 255, (index >> 8) & 255, index & 255),
        peerCid: new Uint8Array(0),
        maxPlaintext: 16_384,
        writeSequence: 1 + index,
        readCeiling: index,
      },
      identity: { kind: 'psk', identity: `urn:dev:os:32473-device-${index}` },
      host: `10.1.${index >> 8}.${index & 255}`,
      port: 40_000,
      pathValidated: true,
      heardAtWallMs: nowMs - COUNT + index,
    });
    yield { key: `dtls:${index.toString(36).padStart(11, '_')}`, snapshot };
  }
}

test(`an association that sleeps costs at most ${MOST_BYTES} bytes`, async () => {
  const world = new World();
  const store = { load: () => sleeping(world.clock.wallTime()), save: () => {}, remove: () => {} };
  const party = world.prepare('10.0.0.1', 5684, { server: { psk: () => KEY }, store });
  const before = heapBytes();
  await world.open(party);
  const each = (heapBytes() - before) / COUNT;
  expect(party.transport.statistics.associations).toBe(COUNT);
  expect(world.clock.pendingTimers).toBe(1);
  expect(each).toBeGreaterThan(200);
  expect(each).toBeLessThan(MOST_BYTES);
}, 60_000);
