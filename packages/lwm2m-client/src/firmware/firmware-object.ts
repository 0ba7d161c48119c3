import { createHash } from 'node:crypto';
import { Code } from '@flownexus/coap';
import { systemClock, type Clock, type Timer } from '@flownexus/datagram';
import { formatPath, pathLevel, pathOf, toPath, type Path, type PathLike } from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import {
  FIRMWARE_AT_FIRST,
  stepFirmware,
  type FirmwareCommand,
  type FirmwareInput,
  type FirmwareModel,
} from './firmware-machine.ts';
import { FirmwareFailure, FirmwareResult, FirmwareState } from './firmware-results.ts';
import type { PackageFetcher } from './package-fetcher.ts';

/** The Resources of Object 5. */
const Id = {
  PACKAGE: 0,
  PACKAGE_URI: 1,
  UPDATE: 2,
  STATE: 3,
  UPDATE_RESULT: 5,
  NAME: 6,
  VERSION: 7,
  PROTOCOLS: 8,
  DELIVERY_METHOD: 9,
  CANCEL: 10,
  SEVERITY: 11,
  STATE_CHANGE_TIME: 12,
  MAXIMUM_DEFER_PERIOD: 13,
  AUTOMATIC: 14,
} as const;

/** Resource 8 by the schemes of URIs. */
const PROTOCOLS: Readonly<Record<keyof PackageFetchers, number>> = { coap: 0, coaps: 1, http: 2, https: 3 };
const DELIVERY = { PULL: 0, PUSH: 1, BOTH: 2 } as const;
const MANDATORY_UPDATE = 1;
const BLOCK_TIMEOUT_MS = 247_000;
const TAKEN = 'there is a package already';
const DEVICE_FIRMWARE_VERSION = '/3/0/3';

/** What a package says of itself. */
export interface PackageInfo {
  readonly name?: string;
  /** What Firmware Version (`/3/0/3`) is when it is installed. */
  readonly version?: string;
}

/** What fetches packages, by the schemes of their URIs. */
export type PackageFetchers = { readonly [Scheme in 'coap' | 'coaps' | 'http' | 'https']?: PackageFetcher };

export interface FirmwareObjectOptions {
  /** The Object Instance. Default `/5/0`. Which Resources it has is said by the definitions of the tree: 1.0, 1.1 or 1.2. */
  readonly instance?: PathLike;
  /** By the schemes that the device fetches from; it tells them (`5/0/8`). Default: none, packages are pushed. */
  readonly fetchers?: PackageFetchers;
  /** Whether servers may push packages (`5/0/9`). Default true. */
  readonly push?: boolean;
  /** Room for a package, in bytes. A larger one is `NOT_ENOUGH_FLASH`. Default 1 GiB; what is pushed is bounded by the `maxBodySize` of the client as well. */
  readonly maxSize?: number;
  /** The SHA-256 that packages have to have; another one is `INTEGRITY_FAILED`. Default: any. */
  readonly sha256?: Uint8Array;
  /** Looks at a package before it is `DOWNLOADED`. Throws a `FirmwareFailure` for one that is none; anything else that it throws is `INTEGRITY_FAILED`. */
  readonly inspect?: (image: Uint8Array) => PackageInfo | undefined | Promise<PackageInfo | undefined>;
  /** Installs a package, after `installMs`. Throws a `FirmwareFailure`; anything else that it throws is `UPDATE_FAILED`. */
  readonly install?: (image: Uint8Array) => void | Promise<void>;
  /**
   * How long the next block of a package is waited for, in milliseconds; then the connection is lost. Default 247 000 (EXCHANGE_LIFETIME,
   * RFC 7252 §4.8.2).
   */
  readonly blockTimeoutMs?: number;
  /** How long it takes to install, in milliseconds. Default 5000. */
  readonly installMs?: number;
  /** How long an update is put off when it is, in milliseconds; at most the Maximum Defer Period (`5/0/13`), of which 0 forbids it. Default 60 000. */
  readonly deferralMs?: number;
  /**
   * Starts the device anew with what it has installed, silently: `() => client.reboot()`. What it rejects with goes to `onFailure`. Default: no restart,
   * observers hear at once.
   */
  readonly reboot?: () => Promise<void>;
  /** Whether Update Result outlives an update. Default true; else it is 0 after it, and only the version tells. */
  readonly keepsResult?: boolean;
  /** Told why an update failed, beside the Update Result. */
  readonly onFailure?: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * The Firmware Update Object of a tree (TS Core Appendix E.6; Object 33629 too): takes packages that servers push, fetches those that are at a Package URI,
 * installs them when it is told to, and fails as a test wants.
 *
 * @throws TypeError for a path that is no Object Instance, or that has no definition
 *
 * @example
 * const firmware = new FirmwareObject(objects, {
 *   fetchers: { coap: coapFetcher({ transport: () => udpTransport() }), https: httpFetcher() },
 *   inspect: (image) => ({ version: new TextDecoder().decode(image.subarray(0, 5)) }),
 *   reboot: () => client.reboot(),
 * });
 * firmware.failNext(FirmwareResult.INTEGRITY_FAILED);
 */
export class FirmwareObject {
  readonly #tree: ObjectTree;
  readonly #options: FirmwareObjectOptions;
  readonly #clock: Clock;
  readonly #instance: Path;
  readonly #undo: (() => void)[] = [];
  #model: FirmwareModel = FIRMWARE_AT_FIRST;
  /** What is held from when it was delivered until it is installed or thrown away. */
  #image: Uint8Array | undefined;
  #info: PackageInfo | undefined;
  #uri = '';
  /** Of the delivery that is under way; another one is another. */
  #delivery = new AbortController();
  #timer: Timer | undefined;
  #failure: FirmwareResult | undefined;

  constructor(tree: ObjectTree, options: FirmwareObjectOptions = {}) {
    this.#tree = tree;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#instance = toPath(options.instance ?? '/5/0');
    if (pathLevel(this.#instance) !== 2) throw new TypeError(`no Object Instance: ${formatPath(this.#instance)}`);
    this.#describe();
    this.#undo.push(
      tree.onWrite(this.#instance, ({ path, content }) => {
        this.#written(path.resourceId, content);
      }),
      tree.onExecute(this.#path(Id.UPDATE), () => {
        this.#executed();
      }),
    );
    this.#undo.push(
      tree.onWriteBlock(this.#path(Id.PACKAGE), ({ size }) => {
        this.#receiving(size);
      }),
    );
    if (this.#has(Id.CANCEL, 'E')) {
      this.#undo.push(
        tree.onExecute(this.#path(Id.CANCEL), () => {
          this.#asked({ kind: 'cancel' }, 'there is no update that can be cancelled');
        }),
      );
    }
  }

  /** State (`5/0/3`). */
  get state(): FirmwareState {
    return this.#model.state;
  }

  /** Update Result (`5/0/5`). */
  get result(): FirmwareResult {
    return this.#model.result;
  }

  /** The package that is held: from when it was delivered until it is installed, or thrown away. */
  get image(): Uint8Array | undefined {
    return this.#image;
  }

  /**
   * Lets the next update have a result, at the point where that comes about: 2 to 7, 9 and 10 when a package is delivered, 8 when it was to be installed, 11
   * when a server asks for it to be installed.
   *
   * @throws RangeError for a result that is no failure
   */
  failNext(result: FirmwareResult): void {
    if (result < FirmwareResult.NOT_ENOUGH_FLASH) throw new RangeError(`Update Result ${result} is no failure`);
    this.#failure = result;
  }

  /** The device was started anew for another reason than an update: a download under way is gone, an installation begins again. */
  restarted(): void {
    this.#happened({ kind: 'restarted' });
  }

  /** Ends what is under way, and takes its handlers out of the tree. What is in the tree stays. */
  close(): void {
    this.#timer?.cancel();
    this.#delivery.abort();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #path(resourceId: number): Path {
    const { objectId = 0, objectInstanceId = 0 } = this.#instance;
    return pathOf(objectId, objectInstanceId, resourceId);
  }

  /** Whether the definition has a Resource with these operations: versions differ, and so do objects. */
  #has(resourceId: number, operations: string): boolean {
    const definition = this.#tree.definitions.resource(this.#instance.objectId ?? -1, resourceId);
    return definition?.operations === operations;
  }

  #describe(): void {
    const { fetchers = {}, push = true } = this.#options;
    const schemes = Object.keys(fetchers) as (keyof PackageFetchers)[];
    const pull = schemes.length > 0;
    this.#tree.set(this.#path(Id.PACKAGE), new Uint8Array(0));
    this.#tree.set(this.#path(Id.PACKAGE_URI), '');
    const method = pull && push ? DELIVERY.BOTH : pull ? DELIVERY.PULL : DELIVERY.PUSH;
    this.#tree.set(this.#path(Id.DELIVERY_METHOD), method);
    if (pull) {
      const protocols = new Map(schemes.map((scheme, index) => [index, PROTOCOLS[scheme]]));
      this.#tree.set(this.#path(Id.PROTOCOLS), protocols);
    }
    if (this.#has(Id.SEVERITY, 'RW')) this.#tree.set(this.#path(Id.SEVERITY), MANDATORY_UPDATE);
    if (this.#instance.objectId === 5 && this.#has(Id.AUTOMATIC, 'RW')) {
      this.#tree.set(this.#path(Id.AUTOMATIC), false);
    }
    this.#enter(this.#model);
  }

  /** @throws Refusal 4.05 in a state where it can not be */
  #written(resourceId: number | undefined, content: ResourceContent | undefined): void {
    if (resourceId === Id.PACKAGE && content instanceof Uint8Array) {
      if (isReset(content)) {
        this.#asked({ kind: 'reset' }, 'an update is under way');
        this.#tree.set(this.#path(Id.PACKAGE_URI), '');
        return;
      }
      this.#checkPushable();
      this.#begin({ kind: 'package' }, () => {
        this.#image = content;
      });
    } else if (resourceId === Id.PACKAGE_URI && typeof content === 'string') {
      if (content === '') this.#asked({ kind: 'reset' }, 'an update is under way');
      else {
        this.#begin({ kind: 'uri' }, () => {
          this.#uri = content;
        });
      }
    }
  }

  /** @throws Refusal 4.05, 4.13 for a package that is too large: it is not received to its end */
  #receiving(size: number = 0): void {
    this.#checkPushable();
    this.#asked({ kind: 'block' }, TAKEN);
    const { maxSize = limits.packageBytes } = this.#options;
    if (size <= maxSize) return;
    const reason = `the package has more than ${maxSize} bytes`;
    this.#undeliverable(new FirmwareFailure(FirmwareResult.NOT_ENOUGH_FLASH, reason), FirmwareResult.NOT_ENOUGH_FLASH);
    throw new Refusal(Code.REQUEST_ENTITY_TOO_LARGE, reason);
  }

  /** @throws Refusal 4.05 */
  #checkPushable(): void {
    if (this.#options.push === false) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'packages are fetched, not pushed');
  }

  /** @throws Refusal 4.05 */
  #begin(input: FirmwareInput, take: () => void): void {
    const { state, receiving } = this.#model;
    const isFree = state === FirmwareState.IDLE || (receiving && input.kind === 'package');
    if (!isFree) throw new Refusal(Code.METHOD_NOT_ALLOWED, TAKEN);
    take();
    this.#happened(input);
  }

  /** @throws Refusal 4.05 */
  #executed(): void {
    const defer = this.#failure === FirmwareResult.DEFERRED && this.#deferralMs() > 0;
    if (defer) this.#failure = undefined;
    this.#asked({ kind: 'update', defer }, 'there is no package that is downloaded');
  }

  /** @throws Refusal 4.05 with the reason */
  #asked(input: FirmwareInput, reason: string): void {
    if (!this.#happened(input)) throw new Refusal(Code.METHOD_NOT_ALLOWED, reason);
  }

  /** Whether that could happen. */
  #happened(input: FirmwareInput): boolean {
    const step = stepFirmware(this.#model, input);
    if (step === undefined) return false;
    if (step.commands.includes('restart')) this.#enterAnew(step.model);
    else this.#enter(step.model);
    for (const command of step.commands) this.#do(command);
    return true;
  }

  /** Where it is after an update. Observers hear nothing of a restart: the device that comes back has none. */
  #enterAnew(model: FirmwareModel): void {
    const { reboot, keepsResult = true } = this.#options;
    const enter = (): void => {
      this.#enter(keepsResult ? model : { ...model, result: FirmwareResult.INITIAL });
      const version = this.#info?.version;
      if (version !== undefined) this.#tree.set(DEVICE_FIRMWARE_VERSION, version);
    };
    if (reboot === undefined) enter();
    else this.#tree.quietly(enter);
  }

  #enter(model: FirmwareModel): void {
    const isOther = model.state !== this.#model.state;
    this.#model = model;
    this.#tree.set(this.#path(Id.STATE), model.state);
    this.#tree.set(this.#path(Id.UPDATE_RESULT), model.result);
    if (isOther && this.#has(Id.STATE_CHANGE_TIME, 'R')) {
      this.#tree.set(this.#path(Id.STATE_CHANGE_TIME), Math.floor(this.#clock.wallTime() / 1_000));
    }
  }

  #do(command: FirmwareCommand): void {
    switch (command) {
      case 'fetch':
        this.#deliver((signal) => this.#fetched(signal));
        return;
      case 'inspect':
        this.#deliver(() => this.#image ?? new Uint8Array(0));
        return;
      case 'discard':
        this.#delivery.abort();
        this.#image = undefined;
        return;
      case 'awaitBlock':
        this.#after(this.#options.blockTimeoutMs ?? BLOCK_TIMEOUT_MS, () => this.#happened({ kind: 'blockMissing' }));
        return;
      case 'startDeferral':
        this.#after(this.#deferralMs(), () => this.#happened({ kind: 'deferralOver' }));
        return;
      case 'stopWaiting':
        this.#timer?.cancel();
        return;
      case 'install':
        this.#after(this.#options.installMs ?? 5_000, () => {
          this.#install();
        });
        return;
      case 'restart':
        this.#restart();
    }
  }

  /** Gets a package, looks at it, and has it. What can be done at once is: a Write is answered then. */
  #deliver(source: (signal: AbortSignal) => Uint8Array | Promise<Uint8Array>): void {
    const delivery = new AbortController();
    this.#delivery = delivery;
    const isOver = (): boolean => delivery.signal.aborted;
    const failed = (error: unknown, otherwise: FirmwareResult): void => {
      if (!isOver()) this.#undeliverable(error, otherwise);
    };
    const delivered = (image: Uint8Array, info: PackageInfo | undefined): void => {
      if (isOver()) return;
      this.#image = image;
      this.#info = info;
      this.#showPackage();
      const automatic = this.#tree.content(this.#path(Id.AUTOMATIC)) === true;
      this.#happened({ kind: 'delivered', automatic });
    };
    const inspect = (image: Uint8Array): void => {
      if (isOver()) return;
      attempt(
        () => this.#inspected(image),
        (info) => {
          delivered(image, info);
        },
        (error) => {
          failed(error, FirmwareResult.INTEGRITY_FAILED);
        },
      );
    };
    attempt(
      () => source(delivery.signal),
      inspect,
      (error) => {
        failed(error, FirmwareResult.CONNECTION_LOST);
      },
    );
  }

  /** @throws FirmwareFailure also as a rejection */
  #fetched(signal: AbortSignal): Uint8Array | Promise<Uint8Array> {
    this.#failAt(FirmwareResult.INVALID_URI, FirmwareResult.UNSUPPORTED_PROTOCOL);
    const scheme = /^([a-z][a-z\d+.-]*):\/\/[^/]/i.exec(this.#uri)?.[1]?.toLowerCase();
    if (scheme === undefined) throw new FirmwareFailure(FirmwareResult.INVALID_URI, 'the Package URI is no URI');
    const { fetchers = {}, maxSize = limits.packageBytes } = this.#options;
    const fetcher = Object.entries(fetchers).find(([name]) => name === scheme)?.[1];
    if (fetcher === undefined) {
      throw new FirmwareFailure(FirmwareResult.UNSUPPORTED_PROTOCOL, `nothing is fetched over ${scheme}`);
    }
    return fetcher(this.#uri, { signal, maxSize });
  }

  /** @throws FirmwareFailure also as a rejection */
  #inspected(image: Uint8Array): PackageInfo | undefined | Promise<PackageInfo | undefined> {
    const { maxSize = limits.packageBytes, sha256, inspect } = this.#options;
    const { UPDATE_FAILED, DEFERRED } = FirmwareResult;
    this.#failAt(...Object.values(FirmwareResult).filter((result) => result !== UPDATE_FAILED && result !== DEFERRED));
    if (image.length > maxSize) {
      throw new FirmwareFailure(FirmwareResult.NOT_ENOUGH_FLASH, `the package has more than ${maxSize} bytes`);
    }
    if (sha256 !== undefined && !createHash('sha256').update(image).digest().equals(sha256)) {
      throw new FirmwareFailure(FirmwareResult.INTEGRITY_FAILED, 'the package has another SHA-256');
    }
    return inspect?.(image);
  }

  /** @throws FirmwareFailure when the update is to fail with one of these results */
  #failAt(...results: readonly FirmwareResult[]): void {
    const result = this.#failure;
    if (result === undefined || !results.includes(result)) return;
    this.#failure = undefined;
    throw new FirmwareFailure(result, `the update is to fail with the result ${result}`);
  }

  #undeliverable(error: unknown, otherwise: FirmwareResult): void {
    this.#options.onFailure?.(error);
    const result = error instanceof FirmwareFailure ? error.result : otherwise;
    this.#happened({ kind: 'undeliverable', result });
  }

  #install(): void {
    const image = this.#image ?? new Uint8Array(0);
    attempt(
      () => {
        this.#failAt(FirmwareResult.UPDATE_FAILED);
        return this.#options.install?.(image);
      },
      () => {
        this.#happened({ kind: 'installed' });
      },
      (error) => {
        this.#options.onFailure?.(error);
        const result = error instanceof FirmwareFailure ? error.result : FirmwareResult.UPDATE_FAILED;
        this.#happened({ kind: 'installFailed', result });
      },
    );
  }

  #restart(): void {
    const { reboot, onFailure } = this.#options;
    reboot?.().catch((error: unknown) => {
      onFailure?.(error);
    });
  }

  #showPackage(): void {
    const { name, version } = this.#info ?? {};
    if (name !== undefined) this.#tree.set(this.#path(Id.NAME), name);
    if (version !== undefined) this.#tree.set(this.#path(Id.VERSION), version);
  }

  #deferralMs(): number {
    const { deferralMs = 60_000 } = this.#options;
    const seconds = this.#tree.content(this.#path(Id.MAXIMUM_DEFER_PERIOD));
    return typeof seconds === 'number' ? Math.min(deferralMs, seconds * 1_000) : deferralMs;
  }

  #after(delayMs: number, callback: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, callback);
  }
}

/** TS Core Appendix E.6: an empty package, or one NUL byte, takes back what was. */
function isReset(content: Uint8Array): boolean {
  return content.length === 0 || (content.length === 1 && content[0] === 0);
}

/** Calls `next` with what `work` gives, at once unless that is a promise; `failed` with what it throws or rejects with. */
function attempt<T>(work: () => T | Promise<T>, next: (value: T) => void, failed: (error: unknown) => void): void {
  let value: T | Promise<T>;
  try {
    value = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (value instanceof Promise) value.then(next, failed);
  else next(value);
}
