import type { BodySource } from '@flownexus/coap';
import type { Clock, RandomSource } from '@flownexus/datagram';
import type { PackageUriRequest } from '../files/coap-package-uris.ts';
import type { FirmwareCampaign, FirmwareCounts } from '../firmware/firmware-campaign.ts';
import type { FirmwareStore } from '../firmware/firmware-store.ts';
import type { FirmwareDelivery, FirmwareUpdate } from '../firmware/firmware-update.ts';
import type { Lwm2mServer } from '../lwm2m-server.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** What the updater needs of a server. */
export type FirmwareServer = Pick<Lwm2mServer, 'device' | 'operations' | 'registration' | 'on' | 'off'>;

/** A package that was opened. One that holds something, such as a `FileSource`, is disposed of when it has been read. */
export interface FirmwarePackage extends BodySource, Partial<AsyncDisposable> {}

/** Where packages are. */
export interface FirmwarePackages {
  /**
   * A package by its id; undefined when there is none. It is opened anew for each use, has the same bytes each time, and is disposed of after that use:
   * `(id) => fileSource(folder + id)` leaves no file open.
   */
  open(packageId: string): MaybePromise<FirmwarePackage | undefined>;
}

export interface FirmwareUpdaterOptions {
  readonly packages: FirmwarePackages;
  /**
   * The address of a package for one device and scheme, of at most 255 bytes and without a query (Zephyr takes 128 bytes, and drops queries); undefined
   * when there is none. A path alone (`/media/app.bin`) is for devices that have the rest of the address built in. The schemes that the device supports are asked for one after another: `coaps`, `https`, `coaps+tcp`, `coap`, `http`, `coap+tcp`.
   * `coapPackageUris` makes one for `CoapFiles`. Where it gives none the package is pushed, to devices that take a push; without it packages are only pushed,
   * and `delivery: 'auto'` is `push`.
   */
  readonly packageUri?: (request: PackageUriRequest) => MaybePromise<string | undefined>;
  /** Keeps updates over a restart. Default: memory. */
  readonly store?: FirmwareStore;
  /** What holds for each update that does not say otherwise. */
  readonly defaults?: UpdateSettings;
  /** Told of errors that have no caller to go to. Default: a warning on the process. */
  readonly onError?: (error: unknown, context: string) => void;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}

/** How an update is done. */
export interface UpdateSettings {
  /** Default `auto`: what the device supports (5/0/9), and the other way when one does not work; `push` where the updater has no `packageUri`. */
  readonly delivery?: FirmwareDelivery | 'auto';
  /** Of a push: the size of its blocks, 16 to 1024 bytes. Default: that of the server. */
  readonly blockSize?: number;
  /** 5/0/11: 0 critical, 1 mandatory, 2 optional. Default: not written. Devices that have no such Resource do without. */
  readonly severity?: 0 | 1 | 2;
  /** 5/0/13: seconds for which the user of the device may put the installation off. Default: not written. */
  readonly maximumDeferPeriod?: number;
  /** 5/0/14: whether the device installs by itself what it has downloaded. Default: not written. */
  readonly automaticUpgrade?: boolean;
  /**
   * Whether the package is installed. Default true. Without it the update has SUCCEEDED when the device has the package and says so (State 2): so that
   * another one can install it together with its own (`linkedInstances`).
   */
  readonly install?: boolean;
  /** Of Object 33629: further instances that are installed together with this one; none for this one alone. Default: those that the device has linked. */
  readonly linkedInstances?: readonly number[];
  /** Of Object 9: whether the software is activated after the installation. Default true. */
  readonly activate?: boolean;
  /** Attempts at most, 1 to 100. Default 3. */
  readonly maxAttempts?: number;
  /** How often the device may put it off. Default 10. */
  readonly maxDeferrals?: number;
  /** How long a device may take to do what it is asked, asleep or away, in milliseconds. Default 7 days. */
  readonly contactMs?: number;
  /** How long the device may take to get the package from when it was told, in milliseconds. Default 1 day. */
  readonly downloadMs?: number;
  /** How long it may take to install it. Default 1 hour. */
  readonly updateMs?: number;
  /** How often it is asked meanwhile, besides when it notifies, registers or updates its registration. Default 1 minute. */
  readonly pollMs?: number;
  /** The pause before the second attempt; each further one is twice as long. Default 1 minute. */
  readonly retryMs?: number;
}

/** An update that is wanted. */
export interface UpdateOptions extends UpdateSettings {
  readonly packageId: string;
  /**
   * What the device says when the package is installed: 3/0/3, or 5/0/7. With it only that is a success, and a device that says so already is not
   * updated. Without it the Update Result counts, or a version that has changed.
   */
  readonly version?: string;
  /** The Object Instance: `/5/0`, `/33629/1`, `/9/0`. Default: the first of Object 33629 where the device has registered one, else `/5/0`. */
  readonly target?: string;
  /** Stays with the update, or with the campaign: any text, of at most 65 536 characters. */
  readonly metadata?: string;
}

/** Updates of many endpoints with one package. */
export interface CampaignOptions extends UpdateOptions {
  /** Endpoint names; each once. */
  readonly endpoints: readonly string[];
  /** So many updates are under way at a time. Default 10. */
  readonly concurrency?: number;
  /** No further update begins when this share of all, above 0 and up to 1, has failed. Default 1: that does not happen. */
  readonly stopAtFailureShare?: number;
  /** When it begins, in milliseconds since 1970; it is SCHEDULED until then, also over a restart. Default, and for a time that has passed: at once. */
  readonly startAt?: number;
  /** Stays with each of its updates, as `metadata` does with the campaign. */
  readonly updateMetadata?: string;
}

/** The campaigns of an updater. Calls reject with what the store rejects with, and nothing has changed then. */
export interface FirmwareCampaigns {
  /** All that are kept, in the order of their beginnings. */
  list(): Promise<readonly FirmwareCampaign[]>;
  /** How many updates are in which state; those in which none is are absent. Nothing for a campaign that is not known. */
  counts(campaignId: string): Promise<FirmwareCounts>;
  /** Begins no further update; those that are under way go on. Resolves to false when the campaign neither runs nor is SCHEDULED. */
  pause(campaignId: string): Promise<boolean>;
  /**
   * Goes on with a campaign that is PAUSED or STOPPED, or has it SCHEDULED again where its time has not come; resolves to false when it is neither. It is
   * STOPPED again when one more fails.
   */
  resume(campaignId: string): Promise<boolean>;
  /** Ends a campaign and takes back its updates, those too that are under way. Resolves to false when it is over. */
  cancel(campaignId: string): Promise<boolean>;
}

/** Facts, emitted when the store has them. */
export interface FirmwareUpdaterEvents {
  /** An update has changed; of a push also at each per cent, which the store does not have. `previous` is undefined for a new one. */
  changed: [update: FirmwareUpdate, previous: FirmwareUpdate | undefined];
  /** A campaign has begun, or changed its state. */
  campaign: [campaign: FirmwareCampaign, previous: FirmwareCampaign | undefined];
}
