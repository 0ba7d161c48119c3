import type { Peer } from '@flownexus/datagram';
import type { AssociationStore, DtlsServerOptions, StoredAssociation } from '../../src/index.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { KEY, type Party, type PartyOptions, World } from './world.ts';

export const server: DtlsServerOptions = { psk: (): Uint8Array => KEY };

/** The sequence numbers of all records of epoch 1 that the server has sent, in order. */
export function serverSequences(world: World): number[] {
  return world.network.log
    .filter(({ from }) => from.host === '10.0.0.1')
    .flatMap(({ bytes: sent }) => decodeRecords(sent, 6))
    .filter(({ epoch }) => epoch === 1)
    .map(({ sequence }) => sequence);
}

/** The store of one life of a server: a machine that has failed writes nothing any more. */
class OneLife implements AssociationStore {
  readonly #store: AssociationStore;
  isOver = false;

  constructor(store: AssociationStore) {
    this.#store = store;
  }

  load(): ReturnType<AssociationStore['load']> {
    return this.#store.load();
  }

  save(association: StoredAssociation): void | Promise<void> {
    if (!this.isOver) return this.#store.save(association);
  }

  remove(key: string): void | Promise<void> {
    if (!this.isOver) return this.#store.remove(key);
  }
}

const lives = new WeakMap<Party, OneLife>();

/** A server that stops as if its machine had failed: nothing is saved, nobody is told. */
export async function crash(party: Party): Promise<void> {
  lives.get(party)!.isOver = true;
  await party.lower.close();
}

/** A server at 10.0.0.1:5684 that has its associations from a store. */
export async function start(world: World, store: AssociationStore, options: PartyOptions = {}): Promise<Party> {
  const life = new OneLife(store);
  const party = await world.party('10.0.0.1', 5684, { server, store: life, ...options });
  lives.set(party, life);
  return party;
}

/** A server with a store, and a client that has said hello. */
export interface Stage {
  readonly world: World;
  readonly client: Party;
  readonly toServer: Peer;
  readonly before: Party;
  readonly toClient: Peer;
}

/** A server with a store, and a client that has said hello. */
export async function stage(store: AssociationStore, options: PartyOptions = {}): Promise<Stage> {
  const world = new World();
  const before = await start(world, store, options);
  const client = await world.client('dev1');
  const toServer = await world.connect(client, before);
  const toClient = await world.say(client, toServer, before, 'hello');
  return { world, client, toServer, before, toClient };
}
