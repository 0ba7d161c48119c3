import type { BootstrapStore, Lwm2mBootstrapServer } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import { TemplateApplier, type TemplateApplierOptions } from './apply-template.ts';
import { BootstrapTemplates } from './bootstrap-templates.ts';
import { serverUri, type ServerUriOptions } from './server-uri.ts';
import { SessionRecorder } from './session-recorder.ts';
import { SessionRetention, type SessionRetentionOptions } from './session-retention.ts';
import { sessionRoutes } from './session-routes.ts';
import { templateRoutes } from './template-routes.ts';

export interface BootstrapOptions extends Pick<
  TemplateApplierOptions,
  'credentials' | 'bootstrapCredentials' | 'configurations'
> {
  readonly database: Database;
  readonly settings: SessionRetentionOptions['settings'];
  /** What tells where devices reach the LwM2M server. */
  readonly reached: ServerUriOptions;
  readonly log: Logger;
}

/** Templates of bootstrap configurations, and what became of the devices that asked: what the rest of the app needs of them. */
export interface Bootstrap {
  /** What the bootstrap server gives to devices. */
  readonly served: BootstrapStore;
  readonly routes: readonly Route[];
  /** Keeps what the server does. */
  follow(server: Pick<Lwm2mBootstrapServer, 'on'>): void;
  /** Begins to delete old sessions. */
  start(): void;
  stop(): Promise<void>;
}

export function openBootstrap(options: BootstrapOptions): Bootstrap {
  const { database, settings, reached, log } = options;
  const templates = new BootstrapTemplates(database);
  const applier = new TemplateApplier({ ...options, templates, serverUri: (scheme) => serverUri(reached, scheme) });
  const recorder = new SessionRecorder({ database, log });
  const retention = new SessionRetention({ database, settings, log });
  return {
    served: applier.serving(),
    routes: [...templateRoutes({ templates, applier }), ...sessionRoutes({ database })],
    follow: (server) => recorder.follow(server),
    start: () => retention.start(),
    stop: () => retention.stop(),
  };
}
