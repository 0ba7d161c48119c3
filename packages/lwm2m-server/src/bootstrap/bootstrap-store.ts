import type { MaybePromise } from '../maybe-promise.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';

/** What is to be written to which device. What throws or rejects refuses a device with 5.03. */
export interface BootstrapStore {
  /** The configuration of an endpoint; undefined when it has none: then the device is refused. */
  get(endpointName: string): MaybePromise<BootstrapConfiguration | undefined>;
}
