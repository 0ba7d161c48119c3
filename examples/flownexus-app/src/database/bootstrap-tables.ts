import type { Generated } from 'kysely';
import type { SecurityMode } from './security-mode.ts';

// The rows of the tables that migrations/0006-bootstrap.ts makes and explains.

/** Where what the device proves to the LwM2M server with who it is comes from: a new PSK, or what it has already. */
export type TemplateCredentials = 'psk' | 'keep';
export type BootstrapOutcome = 'finished' | 'failed' | 'refused' | 'pack';

export interface BootstrapTemplateRow {
  name: string;
  configuration: string;
  prefix: string | null;
  credentials: TemplateCredentials;
  server_uri: string | null;
  updated_at: number;
}

export interface BootstrapSessionRow {
  id: Generated<number>;
  endpoint: string | null;
  address: string;
  security: SecurityMode;
  identity: string | null;
  began: number;
  ended: number;
  outcome: BootstrapOutcome;
  code: string | null;
  reason: string | null;
  steps: string;
  step_count: number;
}

export interface BootstrapTables {
  BootstrapTemplate: BootstrapTemplateRow;
  BootstrapSession: BootstrapSessionRow;
}
