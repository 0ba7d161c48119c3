import { join } from 'node:path';
import { type CoapResource, fileSource, type FirmwarePackages, type PackageUriRequest } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Mount } from '../http/http-app.ts';
import type { Route } from '../http/route.ts';
import { CoapPackages } from './coap-packages.ts';
import { DownloadCounts } from './download-counts.ts';
import { toFirmwareItem } from './firmware-item.ts';
import { FirmwareRepository, type FirmwareRepositoryOptions, type StoredPackage } from './firmware-repository.ts';
import { firmwareRoutes } from './firmware-routes.ts';
import { firmwareUris, type FirmwareUrisOptions, type Listening } from './firmware-uris.ts';
import { MEDIA, mediaPath } from './media-path.ts';
import { PackageFiles } from './package-files.ts';
import { serveMedia } from './serve-media.ts';
import { uploadRoute } from './upload-route.ts';

export interface FirmwarePackagesOptions extends Pick<
  FirmwareUrisOptions,
  'publicUrl' | 'coapPublicHost' | 'deviceHost'
> {
  readonly database: Database;
  readonly dataDirectory: string;
  readonly settings: FirmwareRepositoryOptions['settings'] & FirmwareUrisOptions['settings'];
  /** Whether an update needs a package. */
  readonly inUse: FirmwareRepositoryOptions['inUse'];
  readonly log: Logger;
}

/** The firmware packages: what the rest of the app needs of them. */
export interface Firmware {
  readonly routes: readonly Route[];
  /** Serves them to devices over HTTP. */
  readonly mount: Mount;
  /** Serve them to devices over CoAP and CoAPS. */
  readonly resources: readonly CoapResource[];
  /** For a `FirmwareUpdater`. */
  readonly packages: FirmwarePackages;
  /** For a `FirmwareUpdater`. */
  readonly packageUri: (request: PackageUriRequest) => string | undefined;
  /** Does `work` with a package that can not be deleted meanwhile. Resolves to undefined, with nothing done, when there is none. */
  using: FirmwareRepository['using'];
  /** Begins to give addresses of packages and to store the counts of downloads. `at` is where the app listens. */
  start(at: Listening): void;
  /** To be called when nothing listens any more: uploads that are being received end with their connections. */
  stop(): Promise<void>;
}

/** Reads what packages there are, and tidies up after uploads that broke off. */
export async function openFirmwarePackages(options: FirmwarePackagesOptions): Promise<Firmware> {
  const { database, dataDirectory, settings, inUse, log } = options;
  const report = (error: unknown, context: string): void => log.error({ err: error }, context);
  const files = new PackageFiles({ folder: join(dataDirectory, 'firmware') });
  const { folder } = files;
  const counts = new DownloadCounts({ database, report });
  const coap = new CoapPackages({ files, count: (id, more) => counts.add(id, more) });
  const repository = await FirmwareRepository.open({ database, files, settings, inUse, report }, (stored, row) => {
    const { downloads_started: started, downloads_completed: completed, downloaded_bytes: bytes } = row;
    counts.resume(stored.id, { started, completed, bytes });
    coap.serve(stored);
    const { id, version, damage } = stored;
    if (damage !== undefined)
      log.error({ firmware: id, version, reason: damage }, 'a firmware package can not be used');
  });
  repository.onChange((id, now) => {
    if (now === undefined) {
      counts.forget(id);
      coap.withdraw(id).catch((error: unknown) => report(error, 'the file of a firmware package could not be closed'));
    } else {
      counts.resume(id, { started: 0, completed: 0, bytes: 0 });
      coap.serve(now);
    }
  });
  let listening: Listening | undefined;
  const itemOf = (stored: StoredPackage) =>
    toFirmwareItem(stored, {
      path: mediaPath(stored),
      coapPath: coap.pathOf(stored.id),
      downloads: counts.of(stored.id),
    });
  return {
    routes: [uploadRoute({ repository, itemOf }), ...firmwareRoutes({ repository, itemOf, folder })],
    mount: { ...MEDIA, handler: serveMedia({ repository, counts, folder }) },
    resources: [coap.resource],
    packages: {
      open: async (id) => {
        const stored = repository.byId(id);
        if (stored === undefined) return undefined;
        if (stored.damage !== undefined) throw new Error(stored.damage);
        return fileSource(files.path(id), { sha256: Uint8Array.from(Buffer.from(stored.sha256, 'hex')) });
      },
    },
    packageUri: firmwareUris({ ...options, packages: repository, files: coap.resource, listening: () => listening }),
    using: (id, work) => repository.using(id, work),
    start: (at) => {
      listening = at;
      counts.start();
    },
    stop: async () => {
      await repository.settled();
      await counts.stop();
      await coap.close();
    },
  };
}
