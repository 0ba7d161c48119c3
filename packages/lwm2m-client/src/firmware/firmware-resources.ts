import { formatPath, pathLevel, pathOf, toPath, type Path, type PathLike } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { FirmwareModel } from './firmware-machine.ts';
import type { PackageFetchers, PackageInfo } from './firmware-options.ts';

/** The Resources of Object 5, which Object 33629 has as well, but for the last. */
export const FirmwareResource = {
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

const FIRMWARE_UPDATE = 5;
/** Current Version of Object 33629. */
const CURRENT_VERSION = 15;
const DEVICE_FIRMWARE_VERSION = '/3/0/3';
/** Resource 8 by the schemes of URIs. */
const PROTOCOLS: Readonly<Record<keyof PackageFetchers, number>> = { coap: 0, coaps: 1, http: 2, https: 3 };
const DELIVERY = { PULL: 0, PUSH: 1, BOTH: 2 } as const;
const MANDATORY_UPDATE = 1;

/** The Resources of one Firmware Update Object Instance in a tree, as far as its definition has them: versions differ, and so do objects. */
export class FirmwareResources {
  readonly instance: Path;
  readonly #tree: ObjectTree;

  /** @throws TypeError for a path that is no Object Instance */
  constructor(tree: ObjectTree, instance: PathLike) {
    this.#tree = tree;
    this.instance = toPath(instance);
    if (pathLevel(this.instance) !== 2) throw new TypeError(`no Object Instance: ${formatPath(this.instance)}`);
  }

  path(resourceId: number): Path {
    const { objectId = 0, objectInstanceId = 0 } = this.instance;
    return pathOf(objectId, objectInstanceId, resourceId);
  }

  /** Whether there is a Resource with these operations. */
  has(resourceId: number, operations: string): boolean {
    return this.#tree.definitions.resource(this.instance.objectId ?? -1, resourceId)?.operations === operations;
  }

  /** Whether a package is installed as soon as it is there (5/0/14). */
  get automatic(): boolean {
    return this.#tree.content(this.path(FirmwareResource.AUTOMATIC)) === true;
  }

  /** How long an update may be put off, in seconds; undefined: as long as the device likes. */
  get maximumDeferPeriod(): number | undefined {
    const seconds = this.#tree.content(this.path(FirmwareResource.MAXIMUM_DEFER_PERIOD));
    return typeof seconds === 'number' ? seconds : undefined;
  }

  /**
   * Sets what the device can do.
   *
   * @throws TypeError for an Object that has no definition
   */
  describe(fetchers: PackageFetchers, push: boolean): void {
    const schemes = Object.keys(fetchers) as (keyof PackageFetchers)[];
    const pull = schemes.length > 0;
    const { PACKAGE, PACKAGE_URI, DELIVERY_METHOD, SEVERITY, AUTOMATIC } = FirmwareResource;
    this.#tree.set(this.path(PACKAGE), new Uint8Array(0));
    this.#tree.set(this.path(PACKAGE_URI), '');
    this.#tree.set(this.path(DELIVERY_METHOD), pull && push ? DELIVERY.BOTH : pull ? DELIVERY.PULL : DELIVERY.PUSH);
    if (pull) {
      const protocols = new Map(schemes.map((scheme, index) => [index, PROTOCOLS[scheme]]));
      this.#tree.set(this.path(FirmwareResource.PROTOCOLS), protocols);
    }
    if (this.has(SEVERITY, 'RW')) this.#tree.set(this.path(SEVERITY), MANDATORY_UPDATE);
    if (this.#isOfDevice && this.has(AUTOMATIC, 'RW')) this.#tree.set(this.path(AUTOMATIC), false);
  }

  /** State and Update Result. */
  show({ state, result }: FirmwareModel): void {
    this.#tree.set(this.path(FirmwareResource.STATE), state);
    this.#tree.set(this.path(FirmwareResource.UPDATE_RESULT), result);
  }

  /** When the State was another for the last time, in seconds since 1970. */
  showChangeTime(seconds: number): void {
    const { STATE_CHANGE_TIME } = FirmwareResource;
    if (this.has(STATE_CHANGE_TIME, 'R')) this.#tree.set(this.path(STATE_CHANGE_TIME), seconds);
  }

  forgetUri(): void {
    this.#tree.set(this.path(FirmwareResource.PACKAGE_URI), '');
  }

  /** What is downloaded. */
  showPackage({ name, version }: PackageInfo): void {
    if (name !== undefined) this.#tree.set(this.path(FirmwareResource.NAME), name);
    if (version !== undefined) this.#tree.set(this.path(FirmwareResource.VERSION), version);
  }

  /** What is installed: of the device, or of the component that the Object Instance is about. */
  showInstalled({ version }: PackageInfo): void {
    if (version === undefined) return;
    if (this.#isOfDevice) this.#tree.set(DEVICE_FIRMWARE_VERSION, version);
    else if (this.has(CURRENT_VERSION, 'R')) this.#tree.set(this.path(CURRENT_VERSION), version);
  }

  get #isOfDevice(): boolean {
    return this.instance.objectId === FIRMWARE_UPDATE;
  }
}
