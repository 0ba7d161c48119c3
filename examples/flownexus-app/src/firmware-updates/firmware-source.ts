import type { FirmwareUpdaterOptions } from '@flownexus/lwm2m-server';

/** Where packages are, for updates: what the part of the app that keeps them gives. */
export interface FirmwareSource extends Pick<FirmwareUpdaterOptions, 'packages' | 'packageUri'> {
  /** What is known of a package; undefined when there is none of that id. */
  packageOf(id: string): { readonly version: string } | undefined;
}
