import type { Clock } from '@flownexus/datagram';
import type { PathLike } from '@flownexus/lwm2m-core';
import type { PackageFetcher } from './package-fetcher.ts';

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
