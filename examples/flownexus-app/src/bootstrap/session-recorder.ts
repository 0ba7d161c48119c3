import {
  type BootstrapPackDelivery,
  type BootstrapSession,
  certificateFingerprint,
  type Lwm2mBootstrapServer,
  type Refusal,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Insertable } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { BootstrapSessionRow } from '../database/bootstrap-tables.ts';
import type { Database } from '../database/open-database.ts';
import { formatHost } from '../http/http-server.ts';
import { limits } from '../limits.ts';
import { limitedErrors } from '../limited-log.ts';
import { MessageRate } from '../lwm2m/message-rate.ts';
import type { SessionStep } from './session-items.ts';

type NewRow = Omit<Insertable<BootstrapSessionRow>, 'id'>;

const columns = {
  endpoint: 'text',
  address: 'text',
  security: 'text',
  identity: 'text',
  began: 'bigint',
  ended: 'bigint',
  outcome: 'text',
  code: 'text',
  reason: 'text',
  steps: 'text',
  step_count: 'bigint',
} as const;
const names = Object.keys(columns) as (keyof typeof columns)[];
const insert = bulkInsert({ table: 'BootstrapSession', columns });

export interface SessionRecorderOptions {
  readonly database: Database;
  readonly log: Logger;
  /** Refused requests that are kept in a minute: anybody can send them. Default `limits.refusedBootstrapsPerMinute`. */
  readonly refusedPerMinute?: number;
}

/** Keeps in table BootstrapSession what the bootstrap server has done, when it is over. No device waits for that. */
export class SessionRecorder {
  readonly #submit: (row: NewRow) => Promise<void>;
  readonly #report: (error: unknown, context: string) => void;
  readonly #refused: MessageRate;

  constructor({ database, log, refusedPerMinute = limits.refusedBootstrapsPerMinute }: SessionRecorderOptions) {
    this.#report = limitedErrors(log);
    this.#refused = new MessageRate({ perMinute: () => refusedPerMinute, maximum: 1 });
    this.#submit = database.commits.lane<NewRow>({
      maxWeight: limits.pendingBootstrapSessions,
      write: (trx, rows) => insert(trx, byColumn(rows, names)),
    });
  }

  follow(server: Pick<Lwm2mBootstrapServer, 'on'>): void {
    server.on('bootstrapFinished', (session) => this.#keep(sessionRow(session, 'finished')));
    server.on('bootstrapFailed', (session) => this.#keep(sessionRow(session, 'failed')));
    server.on('bootstrapPackSent', (delivery) => this.#keep({ ...atOnce(delivery), outcome: 'pack', code: null, reason: null })); // prettier-ignore
    server.on('refused', (refusal) => {
      if (refusal.operation !== 'bootstrap' && refusal.operation !== 'bootstrapPack') return;
      if (this.#refused.take('') !== undefined) return;
      const { code, reason } = refusal;
      this.#keep({ ...atOnce(refusal), outcome: 'refused', code, reason: shortened(reason) });
    });
  }

  #keep(row: NewRow): void {
    this.#submit(row).catch((error: unknown) => this.#report(error, 'a bootstrap session could not be stored'));
  }
}

type Told = Pick<BootstrapSession | BootstrapPackDelivery | Refusal, 'endpointName' | 'address' | 'identity'>;

function common({
  endpointName,
  address,
  identity,
}: Told): Pick<NewRow, 'endpoint' | 'address' | 'security' | 'identity'> {
  return {
    endpoint: shortened(endpointName),
    address: `${formatHost(address.host)}:${String(address.port)}`,
    security: identity.kind === 'anonymous' ? 'none' : identity.kind,
    identity: identityText(identity),
  };
}

function sessionRow(session: BootstrapSession, outcome: 'finished' | 'failed'): NewRow {
  const { steps, startedAt, reason } = session;
  const kept = steps.slice(0, limits.bootstrapSessionSteps).map((step): SessionStep => ({
    operation: step.operation,
    path: step.path,
    contentFormat: step.contentFormat ?? null,
    responseCode: step.responseCode ?? null,
    diagnostic: shortened(step.diagnostic),
    durationMs: Math.round(step.durationMs),
  })); // prettier-ignore
  return {
    ...common(session),
    began: Math.floor(startedAt),
    ended: Date.now(),
    outcome,
    code: null,
    reason: shortened(reason),
    steps: JSON.stringify(kept),
    step_count: steps.length,
  };
}

function atOnce(told: Told): Omit<NewRow, 'outcome' | 'code' | 'reason'> {
  const now = Date.now();
  return { ...common(told), began: now, ended: now, steps: '[]', step_count: 0 };
}

function identityText(identity: Told['identity']): string | null {
  switch (identity.kind) {
    case 'anonymous':
      return null;
    case 'psk':
      return shortened(identity.identity);
    case 'x509':
      return shortened(identity.commonName) ?? certificateFingerprint(identity.certificate);
    case 'rpk':
      return certificateFingerprint(identity.publicKey);
  }
}

/** What devices say, so that PostgreSQL can store it. */
function shortened(text: string | undefined): string | null {
  return text === undefined ? null : text.slice(0, limits.bootstrapReasonLength).replaceAll('\0', '\u{FFFD}').toWellFormed(); // prettier-ignore
}
