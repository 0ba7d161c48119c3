import { ContentFormat } from '@flownexus/lwm2m-core';
import type { FirmwareServer, FirmwareUpdaterOptions } from '../api/firmware.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { attemptFailureOf } from '../queue/attempt-failure.ts';
import { firmwareObject } from './firmware-objects.ts';
import { resourcePath } from './firmware-operations.ts';
import type { DeliveryProblem, FirmwareInput } from './firmware-step.ts';
import type { FirmwareUpdate } from './firmware-update.ts';
import type { PackageBytes } from './package-bytes.ts';

/** Told of each per cent of a push. */
export type ProgressListener = (progress: Extract<FirmwareInput, { readonly kind: 'progress' }>) => void;

/**
 * Writes the package of an update to its device, in blocks, once the device is awake. Resolves to what that came to; undefined when `signal` aborted or the
 * server stopped, and nothing more is to be done. Never rejects.
 */
export async function pushPackage(
  server: Pick<FirmwareServer, 'device'>,
  packages: PackageBytes,
  update: FirmwareUpdate,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: ProgressListener },
): Promise<FirmwareInput | undefined> {
  const { blockSize } = update.settings;
  const id = firmwareObject(update.objectId).resources.package;
  let percent = -1;
  try {
    await packages.use(update.packageId, (value) =>
      server.device(update.endpointName).write(
        resourcePath(update, id),
        { kind: 'singleResource', id, type: 'opaque', value },
        {
          contentFormat: ContentFormat.OPAQUE,
          signal,
          ...(blockSize === undefined ? {} : { blockSize }),
          onProgress: ({ direction, transferred }) => {
            const now = Math.floor((100 * transferred) / value.length);
            if (direction !== 'upload' || now === percent) return;
            percent = now;
            onProgress({ kind: 'progress', transferred, total: value.length });
          },
        },
      ),
    );
    return signal.aborted ? undefined : { kind: 'delivered' };
  } catch (error) {
    const problem = signal.aborted ? undefined : problemOf(error);
    return problem === undefined ? undefined : { kind: 'undelivered', problem };
  }
}

/** Undefined when it is the server that stopped. */
function problemOf(error: unknown): DeliveryProblem | undefined {
  const code = error instanceof Lwm2mServerError ? error.code : undefined;
  const { kind, message, responseCode } = attemptFailureOf(error);
  if (code === 'ERR_LWM2M_SERVER_PACKAGE') return { kind: 'no-package', message, responseCode };
  switch (kind) {
    case 'aborted':
      return undefined;
    case 'unsent':
    case 'refused':
    case 'unable':
    case 'unanswered':
      return { kind, message, responseCode };
    case 'payload':
    case 'unread':
    case 'invalid':
      return { kind: 'refused', message, responseCode };
  }
}

/**
 * The address that a device fetches its package from: the first that the application gives for the schemes, which are those that the device supports.
 * What it gives that is none of the scheme, or too long, is reported and counts as none. Never rejects.
 */
export async function findPackageUri(
  packageUri: FirmwareUpdaterOptions['packageUri'],
  update: FirmwareUpdate,
  schemes: readonly string[],
  report: ErrorReporter,
): Promise<string | undefined> {
  for (const scheme of schemes) {
    try {
      const uri = await packageUri?.({ update, scheme });
      if (uri === undefined) continue;
      if (isPackageUri(uri, scheme)) return uri;
      report(
        new RangeError(`it is no ${scheme} URI or path of at most ${limits.maxPackageUriBytes} bytes`),
        context(update),
      );
    } catch (error) {
      report(error, context(update));
    }
  }
  return undefined;
}

/** Of the scheme, or a path alone, for a device that has the rest of the address built in; but no address without a scheme (`//host/path`). */
function isPackageUri(uri: string, scheme: string): boolean {
  const fits = uri.startsWith(`${scheme}://`) || /^\/(?!\/)/.test(uri);
  return fits && Buffer.byteLength(uri) <= limits.maxPackageUriBytes;
}

function context({ packageId, endpointName }: FirmwareUpdate): string {
  return `there is no URI of the package ${packageId} for ${endpointName}`;
}
