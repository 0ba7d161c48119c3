import { type CoapFiles, coapPackageUris, type PackageUriRequest, type ServerAddress } from '@flownexus/lwm2m-server';
import { formatHost } from '../http/http-server.ts';
import type { FirmwareRepository } from './firmware-repository.ts';
import { hostFor, type Interfaces } from './host-for.ts';
import { mediaUri } from './media-path.ts';

/** Where the app listens. */
export interface Listening {
  /** `http` or `https`. */
  readonly http: ServerAddress;
  readonly coap: ServerAddress;
  readonly coaps: ServerAddress;
}

export interface FirmwareUrisOptions {
  readonly packages: Pick<FirmwareRepository, 'byId'>;
  readonly files: Pick<CoapFiles, 'pathOf'>;
  readonly settings: { readonly values: { readonly firmwareUri: 'absolute' | 'relative' } };
  /** Such as `https://flownexus.example/`. */
  readonly publicUrl: string | undefined;
  /** Where devices reach the CoAP ports. Undefined: at the host of `publicUrl`, or where we listen. */
  readonly coapPublicHost: string | undefined;
  /** Undefined while it is not known. */
  readonly listening: () => Listening | undefined;
  /** The address from which a device has registered; undefined: it is not registered. */
  readonly deviceHost: (endpointName: string) => string | undefined;
  readonly interfaces?: () => Interfaces;
}

/**
 * The option `packageUri` of a `FirmwareUpdater`: the address from which a device fetches a package by the scheme that is asked for, as far as it can reach us by it.
 * Where devices have our address built in (`firmwareUri`: `relative`) it is the path over HTTP, whatever the scheme is. The function throws a RangeError for an address over CoAP
 * that is too long.
 */
export function firmwareUris(options: FirmwareUrisOptions): (request: PackageUriRequest) => string | undefined {
  const { packages, files, settings, coapPublicHost, listening, deviceHost, interfaces } = options;
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const hostAt = ({ host }: ServerAddress, endpointName: string): string | undefined =>
    hostFor(host, deviceHost(endpointName), interfaces);

  /** `https://flownexus.example`. */
  const baseOf = (scheme: 'http' | 'https', endpointName: string): string | undefined => {
    if (publicUrl !== undefined) return publicUrl.protocol === `${scheme}:` ? publicUrl.origin : undefined;
    const at = listening()?.http;
    const host = at?.scheme === scheme ? hostAt(at, endpointName) : undefined;
    return at === undefined || host === undefined ? undefined : `${scheme}://${formatHost(host)}:${at.port}`;
  };

  const overCoap = (scheme: 'coap' | 'coaps', request: PackageUriRequest): string | undefined => {
    const at = listening()?.[scheme];
    if (at === undefined) return undefined;
    const host =
      coapPublicHost ?? publicUrl?.hostname.replace(/^\[|\]$/g, '') ?? hostAt(at, request.update.endpointName);
    if (host === undefined) return undefined;
    return coapPackageUris(files, { [scheme]: `${scheme}://${formatHost(host)}:${at.port}` })(request);
  };

  return (request) => {
    const { scheme, update } = request;
    const stored = packages.byId(update.packageId);
    if (stored === undefined || stored.damage !== undefined) return undefined;
    if (settings.values.firmwareUri === 'relative') return mediaUri('', stored);
    switch (scheme) {
      case 'coap':
      case 'coaps':
        return overCoap(scheme, request);
      case 'http':
      case 'https': {
        const base = baseOf(scheme, update.endpointName);
        return base === undefined ? undefined : mediaUri(base, stored);
      }
      default:
        return undefined;
    }
  };
}
