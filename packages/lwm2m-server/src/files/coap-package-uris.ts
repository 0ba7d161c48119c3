import { parseCoapUri } from '@flownexus/coap';
import type { CoapFiles } from './coap-files.ts';

/** Characters of a Package URI: the object allows 255, Zephyr has room for 128. */
const MAX_URI_LENGTH = 128;

/** Where devices reach the server of the files: `coap://192.0.2.1`, `coaps://files.example:5694`, without a path. */
export type FileAddresses = { readonly [Scheme in 'coap' | 'coaps']?: string };

/** The part of a firmware update that its URI is made of, and the scheme that it is to have. */
export interface PackageUriRequest {
  readonly update: { readonly endpointName: string; readonly packageId: string };
  readonly scheme: string;
}

/**
 * The option `packageUri` of a `FirmwareUpdater` for packages that are among `files` (`CoapFileOptions.packageId`): the URI of the file that is for the
 * endpoint, or else of the one that is for all. Undefined for a scheme without an address, and for a package that is not there.
 *
 * @throws CoapError `ERR_COAP_URI` for an address that is no URI; TypeError for one of another scheme, or with a path or query. The function
 * itself throws RangeError for a URI of more than 128 characters
 *
 * @example
 * const files = new CoapFiles();
 * files.add(await fileSource('app-2.0.bin'), { packageId: 'app-2.0' });
 * const updater = new FirmwareUpdater(server, {
 *   packages: files,
 *   packageUri: coapPackageUris(files, { coap: 'coap://192.0.2.1', coaps: 'coaps://192.0.2.1' }),
 * });
 */
export function coapPackageUris(
  files: Pick<CoapFiles, 'pathOf'>,
  addresses: FileAddresses,
): (request: PackageUriRequest) => string | undefined {
  const bases = new Map<string, string>();
  for (const [scheme, address] of Object.entries(addresses)) {
    const uri = parseCoapUri(address);
    if (uri.scheme !== scheme || uri.path.length > 0 || uri.query.length > 0) {
      throw new TypeError(`an address of files is ${scheme}://host:port, not ${address}`);
    }
    bases.set(scheme, address.replace(/\/$/, ''));
  }
  return ({ update: { packageId, endpointName }, scheme }) => {
    const base = bases.get(scheme);
    const path = files.pathOf(packageId, endpointName);
    if (base === undefined || path === undefined) return undefined;
    const uri = base + path;
    if (uri.length > MAX_URI_LENGTH)
      throw new RangeError(`a Package URI has ${MAX_URI_LENGTH} characters at most: ${uri}`);
    return uri;
  };
}
