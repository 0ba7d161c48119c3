import { createHmac } from 'node:crypto';
import { Code, ContentFormat, type BodySource, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { systemRandom, type RandomSource } from '@flownexus/datagram';
import type { CoapResource, ResourceClient } from '../api/resource.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import { andThen } from '../maybe-promise.ts';

/** 128 bits, 22 characters: nobody guesses it, and the URI stays below the 128 characters that Zephyr takes. */
const TOKEN_BYTES = 16;
/** The characters that need no escape in a URI (RFC 3986 §2.3). */
const NAME = /^[A-Za-z0-9._~-]+$/;

export interface CoapFilesOptions {
  /** The first segment of the paths. Default `f`. */
  readonly path?: string;
  /** Where names come from. Default: that of the system. */
  readonly random?: RandomSource;
  /**
   * 16 bytes or more that are the same after a restart, and nobody else's: from them the names of packages are derived, so that devices find them again.
   * Default: names are random each time.
   */
  readonly secret?: Uint8Array;
  /** Files at one time. Default 100 000. */
  readonly maxFiles?: number;
}

/** How a file is served. */
export interface CoapFileOptions {
  /**
   * The last segment of its path: 1 to 64 letters, digits and `.`, `_`, `~`, `-`. Whoever knows it can fetch the file, unless there is an `endpointName`.
   * Default: 22 characters that nobody guesses; of a package the same after a restart, where the files have a `secret`.
   */
  readonly name?: string;
  /** The only endpoint that gets it, when it has proven who it is (over DTLS). All others get 4.04. Default: whoever knows the path. */
  readonly endpointName?: string;
  /** The firmware package that it is, for {@link CoapFiles.open} and `coapPackageUris`: one file of it for each endpoint, and one for all. */
  readonly packageId?: string;
  /** Default 42, `application/octet-stream`. */
  readonly contentFormat?: number;
}

/** A file that is served. */
export interface ServedFile {
  /** Absolute path of its URI, such as `/f/pGmTqz7cWBW8PU0XkSzx4w`. */
  readonly path: string;
  /** Serves it no longer: further blocks are answered 4.04. The source is not closed. */
  remove(): void;
}

interface Entry {
  readonly path: string;
  readonly source: BodySource;
  readonly endpointName: string | undefined;
  readonly contentFormat: number;
}

/**
 * Files that devices fetch over CoAP, block by block (RFC 7959 §2.4), with Size2 and an ETag: firmware images above all. Of a file only the blocks that are
 * asked for are read. It is one of the `resources` of an `Lwm2mServer`, or of a `CoapFileServer`.
 *
 * @example
 * const files = new CoapFiles();
 * const server = new Lwm2mServer({ endpoints: [coap()], objects, resources: [files] });
 * const { path } = files.add(await fileSource('firmware/app-2.0.bin'));
 * await server.device('urn:imei:123456789012345').write('/5/0/1', `coap://192.0.2.1${path}`);
 */
export class CoapFiles implements CoapResource {
  readonly path: string;
  readonly #random: RandomSource;
  readonly #secret: Uint8Array | undefined;
  readonly #maxFiles: number;
  readonly #files = new Map<string, Entry>();
  /** By packages, and then by the endpoints that they are for. */
  readonly #packages = new Map<string, Map<string | undefined, Entry>>();

  /**
   * @throws TypeError for a path that is not of the characters of a name
   * @throws RangeError for a secret that is too short
   */
  constructor({ path = 'f', random = systemRandom, secret, maxFiles = limits.maxFiles }: CoapFilesOptions = {}) {
    checkSegment(path, 'the path of files');
    if (secret !== undefined && secret.length < TOKEN_BYTES) {
      throw new RangeError(`a secret has ${TOKEN_BYTES} bytes or more, not ${secret.length}`);
    }
    this.#secret = secret;
    this.path = path;
    this.#random = random;
    this.#maxFiles = maxFiles;
  }

  /** How many files are served. */
  get size(): number {
    return this.#files.size;
  }

  /**
   * Serves a file from now on, until it is removed.
   *
   * @throws TypeError for a name that is none or that another file has, and for a package that another file is
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_LIMIT` when there are as many files as may be
   */
  add(source: BodySource, options: CoapFileOptions = {}): ServedFile {
    const { endpointName, packageId, contentFormat = ContentFormat.OCTET_STREAM } = options;
    const name = options.name ?? this.#nameOf(packageId, endpointName);
    checkSegment(name, 'the name of a file');
    if (this.#files.has(name)) throw new TypeError(`there is a file of the name ${name}`);
    if (packageId !== undefined && this.#packages.get(packageId)?.has(endpointName) === true) {
      throw new TypeError(`there is a file of the package ${packageId}`);
    }
    if (this.#files.size >= this.#maxFiles) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', `${this.#maxFiles} files are served already`);
    }
    const entry: Entry = { path: `/${this.path}/${name}`, source, endpointName, contentFormat };
    this.#files.set(name, entry);
    if (packageId !== undefined) this.#filesOf(packageId).set(endpointName, entry);
    return {
      path: entry.path,
      remove: () => {
        if (this.#files.get(name) !== entry) return;
        this.#files.delete(name);
        if (packageId !== undefined) this.#forget(packageId, endpointName);
      },
    };
  }

  /**
   * The content of a package, that of the file for all where there is one: with this, `files` can be the option `packages` of a `FirmwareUpdater`. It is
   * not the source itself: who disposes of what was opened leaves the file that is served as it is.
   */
  open(packageId: string): BodySource | undefined {
    const entries = this.#packages.get(packageId);
    const [first] = entries?.values() ?? [];
    const { source } = entries?.get(undefined) ?? first ?? {};
    if (source === undefined) return undefined;
    return { size: source.size, etag: source.etag, read: (offset, length) => source.read(offset, length) };
  }

  /** The path from which an endpoint fetches a package: that of its own file, or else of the one for all. */
  pathOf(packageId: string, endpointName: string): string | undefined {
    const entries = this.#packages.get(packageId);
    return (entries?.get(endpointName) ?? entries?.get(undefined))?.path;
  }

  /** Answers a request: 2.05, 4.04 for what is not served to its sender, 4.05 for any method but GET, 4.06 for another Content-Format. */
  handle(request: IncomingRequest, client: ResourceClient): CoapReply | Promise<CoapReply> {
    // Of a URI with a double slash clients make an empty segment (RFC 7252 §6.4).
    const [, name = '', ...more] = request.path.filter((segment) => segment !== '');
    const entry = more.length > 0 ? undefined : this.#files.get(name);
    if (entry === undefined) return NOT_FOUND;
    if (entry.endpointName === undefined) return serve(entry, request);
    return andThen(client.endpointName(), (endpointName) =>
      // That it is there is nobody else's business.
      endpointName === entry.endpointName ? serve(entry, request) : NOT_FOUND,
    );
  }

  #filesOf(packageId: string): Map<string | undefined, Entry> {
    let entries = this.#packages.get(packageId);
    if (entries === undefined) this.#packages.set(packageId, (entries = new Map<string | undefined, Entry>()));
    return entries;
  }

  #forget(packageId: string, endpointName: string | undefined): void {
    const entries = this.#packages.get(packageId);
    entries?.delete(endpointName);
    if (entries?.size === 0) this.#packages.delete(packageId);
  }

  #nameOf(packageId: string | undefined, endpointName: string | undefined): string {
    if (this.#secret !== undefined && packageId !== undefined) {
      const content = JSON.stringify([packageId, endpointName]);
      return tokenOf(createHmac('sha256', this.#secret).update(content).digest().subarray(0, TOKEN_BYTES));
    }
    for (;;) {
      const name = tokenOf(this.#random.bytes(TOKEN_BYTES));
      if (!this.#files.has(name)) return name;
    }
  }
}

function tokenOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64url');
}

const NOT_FOUND: CoapReply = { code: Code.NOT_FOUND };

function serve({ source, contentFormat }: Entry, { method, accept }: IncomingRequest): CoapReply {
  if (method !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
  if (accept !== undefined && accept !== contentFormat) return { code: Code.NOT_ACCEPTABLE }; // RFC 7252 §5.10.4
  return { code: Code.CONTENT, contentFormat, body: source };
}

/** @throws TypeError */
function checkSegment(segment: string, what: string): void {
  // RFC 3986 §5.2.4: clients take the segments `.` and `..` out of a path.
  if (!NAME.test(segment) || segment.length > limits.maxFileNameLength || segment === '.' || segment === '..') {
    throw new TypeError(
      `${what} has 1 to ${limits.maxFileNameLength} letters, digits and . _ ~ -, and is no dot segment: "${segment}"`,
    );
  }
}
