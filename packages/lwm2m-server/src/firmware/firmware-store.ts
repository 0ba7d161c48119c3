import type { MaybePromise } from '../maybe-promise.ts';
import type { FirmwareCampaign, FirmwareCounts } from './firmware-campaign.ts';
import type { FirmwareUpdate } from './firmware-update.ts';

/** Which updates are listed, the latest first. */
export interface UpdateFilter {
  readonly endpointName?: string;
  readonly campaignId?: string;
  /** Default 100. */
  readonly limit?: number;
}

/** Keeps firmware updates and campaigns. What it can do at once it should. How long finished updates are kept is the store's own affair. */
export interface FirmwareStore {
  /** All updates that are not final, in the order in which they were first saved. Called once, by `start`. */
  load(): MaybePromise<Iterable<FirmwareUpdate>>;
  /** Takes an update in the place of what has its id. It is safe when this has returned, or resolved. */
  save(update: FirmwareUpdate): MaybePromise<void>;
  /** Any update that is kept. */
  get(id: string): MaybePromise<FirmwareUpdate | undefined>;
  /** Those that are kept, the one that was first saved last in front. */
  list(filter: UpdateFilter & { readonly limit: number }): MaybePromise<readonly FirmwareUpdate[]>;
  /** How many updates of a campaign are kept in which state. */
  count(campaignId: string): MaybePromise<FirmwareCounts>;
  /** All campaigns, in the order in which they were first saved. */
  campaigns(): MaybePromise<readonly FirmwareCampaign[]>;
  /** Takes a campaign in the place of what has its id, as `save`. */
  saveCampaign(campaign: FirmwareCampaign): MaybePromise<void>;
}
