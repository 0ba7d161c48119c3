import type { UpdateFilter } from '../api/firmware.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { FirmwareUpdate } from './firmware-update.ts';

/** Keeps firmware updates. What it can do at once it should. How long finished ones are kept is the store's own affair. */
export interface FirmwareStore {
  /** All updates that are not final, in any order. Called once, by `start`. */
  load(): MaybePromise<Iterable<FirmwareUpdate>>;
  /** Takes an update in the place of what has its id. It is safe when this has returned, or resolved. */
  save(update: FirmwareUpdate): MaybePromise<void>;
  /** Any update that is kept. */
  get(id: string): MaybePromise<FirmwareUpdate | undefined>;
  /** Those that are kept, the latest first (`createdAt`, then the last saved first for the first time). */
  list(filter: UpdateFilter & { readonly limit: number }): MaybePromise<readonly FirmwareUpdate[]>;
}
