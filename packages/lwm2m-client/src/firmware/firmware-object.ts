import { Code } from '@flownexus/coap';
import { systemClock, type Clock, type Timer } from '@flownexus/datagram';
import { Refusal } from '../errors.ts';
import type { ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { attempt } from './attempt.ts';
import {
  FIRMWARE_AT_FIRST,
  stepFirmware,
  type FirmwareCommand,
  type FirmwareInput,
  type FirmwareModel,
} from './firmware-machine.ts';
import type { FirmwareObjectOptions, PackageInfo } from './firmware-options.ts';
import { FirmwareResource, FirmwareResources } from './firmware-resources.ts';
import { FirmwareFailure, FirmwareResult, FirmwareState } from './firmware-results.ts';
import { PackageSource } from './package-source.ts';

/** EXCHANGE_LIFETIME (RFC 7252 §4.8.2). */
const BLOCK_TIMEOUT_MS = 247_000;
const INSTALL_MS = 5_000;
const DEFERRAL_MS = 60_000;
const TAKEN = 'there is a package already';
const NOTHING = new Uint8Array(0);

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
  readonly #resources: FirmwareResources;
  readonly #source: PackageSource;
  readonly #undo: readonly (() => void)[];
  #model: FirmwareModel = FIRMWARE_AT_FIRST;
  /** What is held from when it was delivered until it is installed or thrown away. */
  #image: Uint8Array = NOTHING;
  #info: PackageInfo = {};
  #uri = '';
  /** Of the delivery that is under way; another one is another. */
  #delivery = new AbortController();
  #timer: Timer | undefined;

  constructor(tree: ObjectTree, options: FirmwareObjectOptions = {}) {
    const { instance = '/5/0', fetchers = {}, push = true, clock = systemClock } = options;
    this.#tree = tree;
    this.#options = options;
    this.#clock = clock;
    this.#source = new PackageSource(options);
    this.#resources = new FirmwareResources(tree, instance);
    this.#resources.describe(fetchers, push);
    this.#resources.show(this.#model);
    this.#undo = this.#listen();
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
    return this.#image === NOTHING ? undefined : this.#image;
  }

  /**
   * Lets the next update have a result, at the point where that comes about: 2 to 7, 9 and 10 when a package is delivered, 8 when it was to be installed, 11
   * when a server asks for it to be installed.
   *
   * @throws RangeError for a result that is no failure
   */
  failNext(result: FirmwareResult): void {
    this.#source.failNext(result);
  }

  /** The device was started anew for another reason than an update: a download under way is gone, an installation begins again. */
  restarted(): void {
    this.#happened({ kind: 'restarted' });
  }

  /** Ends what is under way, and takes its handlers out of the tree. What is in the tree stays. */
  close(): void {
    this.#timer?.cancel();
    this.#delivery.abort();
    for (const undo of this.#undo) undo();
  }

  #listen(): (() => void)[] {
    const { PACKAGE, UPDATE, CANCEL } = FirmwareResource;
    const resources = this.#resources;
    const undo = [
      this.#tree.onWrite(resources.instance, ({ path, content }) => {
        this.#written(path.resourceId, content);
      }),
      this.#tree.onWriteBlock(resources.path(PACKAGE), ({ size }) => {
        this.#receiving(size);
      }),
      this.#tree.onExecute(resources.path(UPDATE), () => {
        this.#executed();
      }),
    ];
    if (!resources.has(CANCEL, 'E')) return undo;
    const cancelled = (): void => {
      this.#asked({ kind: 'cancel' }, 'there is no update that can be cancelled');
    };
    return [...undo, this.#tree.onExecute(resources.path(CANCEL), cancelled)];
  }

  /** @throws Refusal 4.05 in a state where it can not be */
  #written(resourceId: number | undefined, content: ResourceContent | undefined): void {
    if (resourceId === FirmwareResource.PACKAGE && content instanceof Uint8Array) {
      if (isReset(content)) {
        this.#reset();
        this.#resources.forgetUri();
        return;
      }
      this.#checkPushable();
      this.#begin({ kind: 'package' }, () => {
        this.#image = content;
      });
    } else if (resourceId === FirmwareResource.PACKAGE_URI && typeof content === 'string') {
      if (content === '') this.#reset();
      else {
        this.#begin({ kind: 'uri' }, () => {
          this.#uri = content;
        });
      }
    }
  }

  /** @throws Refusal 4.05 */
  #reset(): void {
    this.#asked({ kind: 'reset' }, 'an update is under way');
  }

  /** @throws Refusal 4.05, 4.13 for a package that is too large: it is not received to its end */
  #receiving(size: number = 0): void {
    this.#checkPushable();
    this.#asked({ kind: 'block' }, TAKEN);
    try {
      this.#source.checkSize(size);
    } catch (error) {
      this.#undeliverable(error, FirmwareResult.NOT_ENOUGH_FLASH);
      throw new Refusal(Code.REQUEST_ENTITY_TOO_LARGE, 'there is no room for the package');
    }
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
    const { DEFERRED } = FirmwareResult;
    const defer = this.#deferralMs() > 0 && this.#source.takeFailure(DEFERRED) === DEFERRED;
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
      this.#resources.showInstalled(this.#info);
    };
    if (reboot === undefined) enter();
    else this.#tree.quietly(enter);
  }

  #enter(model: FirmwareModel): void {
    const isOther = model.state !== this.#model.state;
    this.#model = model;
    this.#resources.show(model);
    if (isOther) this.#resources.showChangeTime(Math.floor(this.#clock.wallTime() / 1_000));
  }

  #do(command: FirmwareCommand): void {
    const { blockTimeoutMs = BLOCK_TIMEOUT_MS, installMs = INSTALL_MS } = this.#options;
    switch (command) {
      case 'fetch':
        this.#deliver((signal) => this.#source.fetch(this.#uri, signal));
        return;
      case 'inspect':
        this.#deliver(() => this.#image);
        return;
      case 'discard':
        this.#delivery.abort();
        this.#image = NOTHING;
        return;
      case 'awaitBlock':
        this.#after(blockTimeoutMs, () => this.#happened({ kind: 'blockMissing' }));
        return;
      case 'startDeferral':
        this.#after(this.#deferralMs(), () => this.#happened({ kind: 'deferralOver' }));
        return;
      case 'stopWaiting':
        this.#timer?.cancel();
        return;
      case 'install':
        this.#after(installMs, () => {
          this.#install();
        });
        return;
      case 'restart':
        this.#options.reboot?.().catch((error: unknown) => {
          this.#options.onFailure?.(error);
        });
    }
  }

  /** Gets a package, looks at it, and has it. What can be done at once is: a Write is answered then. */
  #deliver(get: (signal: AbortSignal) => Uint8Array | Promise<Uint8Array>): void {
    const delivery = new AbortController();
    const { signal } = delivery;
    this.#delivery = delivery;
    const failed = (error: unknown, otherwise: FirmwareResult): void => {
      if (!signal.aborted) this.#undeliverable(error, otherwise);
    };
    const delivered = (image: Uint8Array, info: PackageInfo = {}): void => {
      if (signal.aborted) return;
      this.#image = image;
      this.#info = info;
      this.#resources.showPackage(info);
      this.#happened({ kind: 'delivered', automatic: this.#resources.automatic });
    };
    attempt(
      () => get(signal),
      (image) => {
        if (signal.aborted) return;
        attempt(
          () => this.#source.inspect(image),
          (info) => {
            delivered(image, info);
          },
          (error) => {
            failed(error, FirmwareResult.INTEGRITY_FAILED);
          },
        );
      },
      (error) => {
        failed(error, FirmwareResult.CONNECTION_LOST);
      },
    );
  }

  #undeliverable(error: unknown, otherwise: FirmwareResult): void {
    this.#options.onFailure?.(error);
    this.#happened({ kind: 'undeliverable', result: resultOf(error, otherwise) });
  }

  #install(): void {
    const { UPDATE_FAILED } = FirmwareResult;
    attempt(
      () => {
        this.#source.failAt(UPDATE_FAILED);
        return this.#options.install?.(this.#image);
      },
      () => {
        this.#happened({ kind: 'installed' });
      },
      (error) => {
        this.#options.onFailure?.(error);
        this.#happened({ kind: 'installFailed', result: resultOf(error, UPDATE_FAILED) });
      },
    );
  }

  #deferralMs(): number {
    const { deferralMs = DEFERRAL_MS } = this.#options;
    const { maximumDeferPeriod } = this.#resources;
    return maximumDeferPeriod === undefined ? deferralMs : Math.min(deferralMs, maximumDeferPeriod * 1_000);
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

function resultOf(error: unknown, otherwise: FirmwareResult): FirmwareResult {
  return error instanceof FirmwareFailure ? error.result : otherwise;
}
