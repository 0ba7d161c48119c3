import { type FirmwareServer, FirmwareUpdater, type UpdateSettings } from '@flownexus/lwm2m-server';
import type { Database } from '../database/open-database.ts';
import type { LiveStream } from '../http/live-stream.ts';
import type { Route } from '../http/route.ts';
import type { ErrorReport } from '../stores/readable.ts';
import { Beginnings } from './beginnings.ts';
import { CampaignReader } from './campaign-reader.ts';
import { campaignRoutes } from './campaign-routes.ts';
import type { FirmwareSource } from './firmware-source.ts';
import { firmwareStore } from './firmware-store.ts';
import { FirmwareUpdateRetention } from './firmware-update-retention.ts';
import { UpdatePublisher } from './update-publisher.ts';
import { UpdateReader } from './update-reader.ts';
import { updateRoutes } from './update-routes.ts';

export interface FirmwareUpdatesOptions {
  readonly database: Database;
  readonly server: FirmwareServer;
  readonly source: FirmwareSource;
  readonly stream: Pick<LiveStream, 'publish' | 'wanted'>;
  readonly report: ErrorReport;
  /** What holds for each update that does not say otherwise. Default: as the library has it. */
  readonly defaults?: UpdateSettings;
}

/** Firmware updates of endpoints. */
export interface FirmwareUpdates {
  readonly routes: readonly Route[];
  /** Goes on with what was under way, once the LwM2M server has started. */
  start(): Promise<void>;
  /** Does nothing more; call it before the LwM2M server stops. */
  stop(): Promise<void>;
  /** Whether a package is needed still. */
  inUse(firmware: string): Promise<boolean>;
  /** An endpoint is about to be removed: takes back its updates that are not finished. None begins until {@link released} is called. */
  release(endpoint: string): Promise<void>;
  /** The removal is over, whether it has succeeded or not. */
  released(endpoint: string): void;
}

/** Makes the updater over the tables of the database. Nothing is under way yet. */
export function openFirmwareUpdates({
  database,
  server,
  source,
  stream,
  report,
  defaults,
}: FirmwareUpdatesOptions): FirmwareUpdates {
  // prettier-ignore
  const { packages, packageUri } = source;
  const updater = new FirmwareUpdater(server, {
    packages,
    ...(packageUri === undefined ? {} : { packageUri }),
    store: firmwareStore(database, report),
    onError: report,
    ...(defaults === undefined ? {} : { defaults }),
  });
  const updates = new UpdateReader(database, (endpoint, id) => {
    const active = updater.active(endpoint);
    return active?.id === id ? active.progress?.transferred : undefined;
  });
  const campaigns = new CampaignReader(database);
  const beginnings = new Beginnings();
  const publisher = new UpdatePublisher({ stream, campaigns, report });
  updater.on('changed', (update, previous) => publisher.updateChanged(update, previous));
  updater.on('campaign', ({ id }) => publisher.campaignChanged(id));
  const retention = new FirmwareUpdateRetention({ database, report });
  return {
    routes: [
      ...updateRoutes({ database, updater, source, reader: updates, beginnings }),
      ...campaignRoutes({ database, updater, source, reader: campaigns, beginnings }),
    ],
    start: async () => {
      await updater.start();
      retention.start();
    },
    stop: async () => {
      publisher.stop();
      await retention.stop();
      await updater.stop();
    },
    inUse: (firmware) => updates.needs(firmware),
    release: async (endpoint) => {
      await beginnings.leave(endpoint);
      for (const id of await updates.unfinished(endpoint)) await updater.cancel(id);
    },
    released: (endpoint) => beginnings.stay(endpoint),
  };
}
