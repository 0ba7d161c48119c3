import type { Peer } from '@flownexus/datagram';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { SlowStore } from '../transport/stores.ts';
import { bytes, KEY, type Party, World } from '../transport/world.ts';

type Action =
  | { readonly kind: 'send'; readonly count: number }
  | { readonly kind: 'hear'; readonly count: number }
  | { readonly kind: 'settle'; readonly fails: boolean; readonly isDone: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash'; readonly isApplied: boolean }
  | { readonly kind: 'close' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('hear' as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('settle' as const), fails: fc.boolean(), isDone: fc.boolean() }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({ kind: fc.constant('crash' as const), isApplied: fc.boolean() }),
  fc.record({ kind: fc.constant('close' as const) }),
);

const limits = { sequenceLease: 8, recordsPerSave: 4, saveIntervalMs: 1_000 };

/** A server with a slow store, which may fail at any moment. */
class Lives {
  readonly world: World = new World();
  readonly disk: Map<string, Uint8Array> = new Map();
  store: SlowStore = new SlowStore();
  server!: Party;
  client!: Party;
  toServer!: Peer;

  static async begin(): Promise<Lives> {
    const lives = new Lives();
    await lives.start();
    lives.client = await lives.world.client('dev1');
    lives.toServer = await lives.world.connect(lives.client, lives.server);
    return lives;
  }

  async start(): Promise<void> {
    this.store = new SlowStore(this.disk);
    this.server = await this.world.party('10.0.0.1', 5684, { server: { psk: () => KEY }, store: this.store, limits });
  }

  async run(next: Action): Promise<void> {
    const { world, server, client, store } = this;
    switch (next.kind) {
      case 'send':
        for (const peer of server.transport.find(this.#key) === undefined ? [] : [server.transport.find(this.#key)!]) {
          for (let count = 0; count < next.count; count += 1) server.transport.send(peer, bytes('.'));
        }
        break;
      case 'hear':
        for (let count = 0; count < next.count; count += 1) client.transport.send(this.toServer, bytes('.'));
        await world.pass(10);
        break;
      case 'settle':
        if (next.fails) store.settle(new Error('no'), next.isDone);
        else store.settle();
        break;
      case 'wait':
        await world.pass(next.ms);
        return;
      case 'crash':
        // What is on its way to the disk gets there or not.
        await server.lower.close();
        store.end(next.isApplied);
        await this.start();
        break;
      case 'close': {
        const closing = server.transport.close();
        for (let round = 0; round < 4; round += 1) {
          await world.pass(0);
          store.settle();
        }
        await world.clock.runUntil(closing);
        await this.start();
        break;
      }
    }
    await world.pass(0);
  }

  get #key(): string {
    return this.server.associations[0]?.key ?? [...this.disk.keys()][0] ?? '';
  }
}

test('no write sequence number is ever used twice, whenever the server fails and whatever the store does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 30 }), async (actions) => {
      const lives = await Lives.begin();
      for (const next of actions) await lives.run(next);
      const sequences = lives.world.network.log
        .filter(({ from }) => from.host === '10.0.0.1')
        .flatMap(({ bytes: sent }) => decodeRecords(sent, 6))
        .filter(({ epoch }) => epoch === 1)
        .map(({ sequence }) => sequence);
      expect(new Set(sequences).size).toBe(sequences.length);
    }),
    { numRuns: 60 },
  );
}, 60_000);
