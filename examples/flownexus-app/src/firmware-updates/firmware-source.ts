import type { FirmwareUpdaterOptions } from '@flownexus/lwm2m-server';

/** Where packages are, for updates: what the part of the app that keeps them gives. */
export interface FirmwareSource extends Pick<FirmwareUpdaterOptions, 'packages' | 'packageUri'> {
  /** Does `work` with what is known of a package, which stays at least so long. Resolves to undefined, with nothing done, when there is none of that id. */
  using<T>(id: string, work: (known: { readonly version: string }) => Promise<T>): Promise<T | undefined>;
}
