import type { AuthorizationRequest, RefusalReason } from '@flownexus/lwm2m-server';
import { type Kysely, sql, type SqlBool } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/open-database.ts';
import type { Admission as AdmissionState, Tables } from '../database/tables.ts';
import { formatHost } from '../http/http-server.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { Settings } from '../settings/settings.ts';
import { chunks, KEYS_PER_QUERY } from '../values/key-rows.ts';
import { MessageRate } from './message-rate.ts';

/** An endpoint that is not admitted. */
export interface NotAdmitted {
  readonly endpoint: string;
  readonly admission: 'held' | 'refused';
  /** Milliseconds since 1970: its first and latest request, the latter since the start alone. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Where the latest came from. */
  readonly address: string;
}

export interface AdmissionOptions {
  readonly database: Database;
  readonly settings: Pick<Settings, 'values'>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

const insertHeld = bulkInsert({
  table: 'Endpoint',
  columns: {
    endpoint: 'text',
    admission: 'text',
    first_seen: 'bigint',
    last_updated: 'bigint',
    address: 'text',
    lifetime: 'bigint',
    lwm2m_version: 'text',
    binding_mode: 'text',
    queue_mode: 'bigint',
    object_links: 'text',
  },
  onConflict: 'ON CONFLICT (endpoint) DO NOTHING',
});

const ADMITTED = true;
/**
 * Clients do not tell refusals apart: Zephyr's gives up after each, Leshan's tries again after a time of its own and looks at no Max-Age. So they get
 * the code that says what is the matter.
 */
const HELD: RefusalReason = { reason: 'the endpoint waits for approval' };
const REFUSED: RefusalReason = { reason: 'the endpoint is refused' };
const LEAVING: RefusalReason = { code: '5.03', reason: 'the endpoint is being removed', retryAfter: 60 };
const UNKNOWN: RefusalReason = { reason: 'the endpoint is not known here' };

/**
 * Who may register. Known endpoints may: those that were accepted, and those that prove who they are with a credential. Of all others the settings decide.
 *
 * It answers from memory, where every endpoint of the database is.
 */
export class Admission {
  readonly #database: Database;
  readonly #settings: Pick<Settings, 'values'>;
  readonly #rate: MessageRate;
  readonly #serial = new Serial();
  readonly #accepted = new Set<string>();
  readonly #held = new Map<string, NotAdmitted>();
  readonly #refused = new Map<string, NotAdmitted>();
  readonly #leaving = new Set<string>();
  readonly #submit: (held: NotAdmitted) => Promise<void>;
  readonly #drop: (endpoint: string) => Promise<void>;
  #dropped: readonly string[] = [];

  private constructor({ database, settings, now }: AdmissionOptions) {
    this.#database = database;
    this.#settings = settings;
    this.#rate = new MessageRate({
      perMinute: () => settings.values.messagesPerMinute,
      maximum: limits.countedEndpoints,
      ...(now === undefined ? {} : { now }),
    });
    this.#submit = database.commits.lane<NotAdmitted>({
      name: 'admissions',
      maxWeight: limits.heldEndpoints,
      write: (trx, held) => insertHeld(trx, heldRows(held)),
    });
    this.#drop = database.commits.lane<string>({
      name: 'admissions',
      maxWeight: limits.heldEndpoints,
      write: async (trx, endpoints) => {
        this.#dropped = await deleteHeld(trx, endpoints);
      },
      committed: () => {
        for (const endpoint of this.#dropped) this.#held.delete(endpoint);
      },
    });
  }

  /** Reads which endpoints there are. */
  static async load(options: AdmissionOptions): Promise<Admission> {
    const admission = new Admission(options);
    for (let after = ''; ;) {
      const rows = await options.database.reads
        .selectFrom('Endpoint')
        .select(['endpoint', 'admission', 'first_seen', 'last_updated', 'address'])
        .where('endpoint', '>', after)
        .orderBy('endpoint')
        .limit(limits.maximumPageSize)
        .execute();
      for (const row of rows) {
        admission.#put(row.endpoint, row.admission, row.first_seen, row.last_updated, row.address);
      }
      const last = rows.at(-1);
      if (last === undefined) return admission;
      after = last.endpoint;
    }
  }

  /** The rule of the LwM2M server. */
  authorize(request: AuthorizationRequest): true | RefusalReason | Promise<true | RefusalReason> {
    const { operation, endpointName, identity } = request;
    if (operation === 'deregister') return ADMITTED;
    if (this.#leaving.has(endpointName)) return LEAVING;
    const retryAfter = this.#rate.take(endpointName);
    if (retryAfter !== undefined) return { code: '4.29', reason: 'too many messages in a minute', retryAfter };
    if (this.#accepted.has(endpointName)) return ADMITTED;
    const refused = this.#refused.get(endpointName);
    if (refused !== undefined) {
      this.#refused.set(endpointName, seenAgain(refused, request));
      return REFUSED;
    }
    const held = this.#held.get(endpointName);
    if (held !== undefined) {
      if (identity.kind !== 'anonymous') return this.#acceptProven(endpointName);
      this.#held.set(endpointName, seenAgain(held, request));
      return HELD;
    }
    return operation === 'register' ? this.#authorizeNew(request) : ADMITTED;
  }

  /** Endpoints that have a row now: it is for who stores batches to say. */
  stored(endpoints: Iterable<string>): void {
    for (const endpoint of endpoints) {
      if (!this.#held.has(endpoint) && !this.#refused.has(endpoint)) this.#accepted.add(endpoint);
    }
  }

  /** Decides on an endpoint that has a row; false when it has none. A registration that it has is for the caller to end. */
  decide(endpoint: string, admission: AdmissionState): Promise<boolean> {
    return this.#serial.run(() => this.#decide(endpoint, admission));
  }

  /**
   * What proves that it is the endpoint is about to be taken away: should the endpoint not be removed in the end, whoever comes with its name waits for approval.
   * One that is refused stays so.
   */
  async hold(endpoint: string): Promise<void> {
    await this.#serial.run(async () => this.#refused.has(endpoint) || this.#decide(endpoint, 'held'));
  }

  /** Removes those that wait for approval and have not asked for it for long, at a time in milliseconds since 1970: they hold the places of others. */
  async dropOldHeld(now: number): Promise<void> {
    const old = [...this.#held.values()].filter(({ lastSeen }) => lastSeen < now - limits.heldMs);
    await Promise.all(old.map(({ endpoint }) => this.#drop(endpoint)));
  }

  /** The endpoint is about to be removed from the database: it is refused until {@link released} is called. */
  remove(endpoint: string): void {
    this.#leaving.add(endpoint);
  }

  /** The endpoint was removed from the database, and is unknown until something of it is stored again. */
  removed(endpoint: string): void {
    this.#forget(endpoint);
  }

  /** The endpoint may register again, whether it was removed or could not be. */
  released(endpoint: string): void {
    this.#leaving.delete(endpoint);
  }

  /** Accepts one that is held, unless something else was decided meanwhile. */
  #acceptProven(endpoint: string): Promise<true | RefusalReason> {
    return this.#serial.run(async () => {
      if (this.#leaving.has(endpoint)) return LEAVING;
      if (this.#refused.has(endpoint)) return REFUSED;
      await this.#decide(endpoint, 'accepted');
      return ADMITTED;
    });
  }

  async #decide(endpoint: string, admission: AdmissionState): Promise<boolean> {
    const row = await this.#database.db
      .updateTable('Endpoint')
      .set({ admission })
      .where('endpoint', '=', endpoint)
      .returning(['first_seen', 'last_updated', 'address'])
      .executeTakeFirst();
    if (row === undefined) return false;
    const known = this.#held.get(endpoint) ?? this.#refused.get(endpoint);
    this.#forget(endpoint);
    this.#put(endpoint, admission, row.first_seen, known?.lastSeen ?? row.last_updated, known?.address ?? row.address);
    return true;
  }

  #forget(endpoint: string): void {
    this.#accepted.delete(endpoint);
    this.#held.delete(endpoint);
    this.#refused.delete(endpoint);
  }

  /** Those that are held or refused, by name. */
  list(): readonly NotAdmitted[] {
    return [...this.#held.values(), ...this.#refused.values()].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
  }

  get(endpoint: string): AdmissionState | undefined {
    if (this.#accepted.has(endpoint)) return 'accepted';
    return (this.#held.get(endpoint) ?? this.#refused.get(endpoint))?.admission;
  }

  #authorizeNew(request: AuthorizationRequest): true | RefusalReason | Promise<RefusalReason> {
    const { admission, maxEndpoints } = this.#settings.values;
    // Those whose first Register is being stored are not counted yet.
    if (this.#accepted.size >= maxEndpoints) {
      return { code: '5.03', reason: 'as many endpoints are known as may be', retryAfter: limits.retryAfterSeconds };
    }
    if (request.identity.kind !== 'anonymous' || admission === 'accept') return ADMITTED;
    return admission === 'hold' ? this.#hold(request) : UNKNOWN;
  }

  async #hold(request: AuthorizationRequest): Promise<RefusalReason> {
    const { endpointName: endpoint } = request;
    if (this.#held.size >= limits.heldEndpoints) {
      return { code: '5.03', reason: 'too many endpoints wait for approval', retryAfter: limits.retryAfterSeconds };
    }
    const now = Date.now();
    const held: NotAdmitted = {
      endpoint,
      admission: 'held',
      firstSeen: now,
      lastSeen: now,
      address: addressOf(request),
    };
    this.#held.set(endpoint, held);
    try {
      await this.#submit(held);
    } catch (error) {
      this.#held.delete(endpoint);
      throw error;
    }
    return HELD;
  }

  #put(endpoint: string, admission: AdmissionState, firstSeen: number, lastSeen: number, address: string): void {
    if (admission === 'accepted') this.#accepted.add(endpoint);
    else {
      const to = admission === 'held' ? this.#held : this.#refused;
      to.set(endpoint, { endpoint, admission, firstSeen, lastSeen, address });
    }
  }
}

function seenAgain(endpoint: NotAdmitted, request: AuthorizationRequest): NotAdmitted {
  return { ...endpoint, lastSeen: Date.now(), address: addressOf(request) };
}

function addressOf({ address: { host, port } }: AuthorizationRequest): string {
  return `${formatHost(host)}:${String(port)}`;
}

/** Deletes those that are held still, and of which nothing is stored; gives them. */
async function deleteHeld(trx: Kysely<Tables>, endpoints: readonly string[]): Promise<string[]> {
  const deleted: string[] = [];
  for (const group of chunks(endpoints, KEYS_PER_QUERY)) {
    const rows = await trx
      .deleteFrom('Endpoint')
      .where('endpoint', 'in', group)
      .where('admission', '=', 'held')
      .where('registrations', '=', 0)
      .where(sql<SqlBool>`NOT EXISTS (SELECT 1 FROM "Series" s WHERE s.endpoint = "Endpoint".endpoint)`)
      .returning('endpoint')
      .execute();
    for (const { endpoint } of rows) deleted.push(endpoint);
  }
  return deleted;
}

function heldRows(held: readonly NotAdmitted[]): Parameters<typeof insertHeld>[1] {
  const same = <T>(value: T): T[] => held.map(() => value);
  return {
    endpoint: held.map(({ endpoint }) => endpoint),
    admission: held.map(({ admission }) => admission),
    first_seen: held.map(({ firstSeen }) => firstSeen),
    last_updated: held.map(({ lastSeen }) => lastSeen),
    address: held.map(({ address }) => address),
    lifetime: same(0),
    lwm2m_version: same(''),
    binding_mode: same(''),
    queue_mode: same(0),
    object_links: same('[]'),
  };
}
