import { isOver, type FirmwareCampaign, type FirmwareCounts } from './firmware-campaign.ts';
import type { FirmwareStore, UpdateFilter } from './firmware-store.ts';
import { isFinal, type FirmwareState, type FirmwareUpdate } from './firmware-update.ts';

export interface MemoryFirmwareStoreOptions {
  /** So many finished updates are kept, of all endpoints together, and as many campaigns that are over; the oldest leaves for a newer one. Default 10 000. */
  readonly maxFinished?: number;
}

/** Firmware updates in memory: they last as long as the process. */
export class MemoryFirmwareStore implements FirmwareStore {
  readonly #updates = new Map<string, FirmwareUpdate>();
  /** In the order in which they ended. */
  readonly #finished = new Set<string>();
  readonly #campaigns = new Map<string, FirmwareCampaign>();
  /** In the order in which they ended. */
  readonly #over = new Set<string>();
  readonly #maxFinished: number;

  /** @throws RangeError when `maxFinished` is not a whole number of 0 or more */
  constructor({ maxFinished = 10_000 }: MemoryFirmwareStoreOptions = {}) {
    if (!Number.isInteger(maxFinished) || maxFinished < 0) {
      throw new RangeError('maxFinished is a whole number of 0 or more');
    }
    this.#maxFinished = maxFinished;
  }

  load(): Iterable<FirmwareUpdate> {
    return [...this.#updates.values()].filter((update) => !isFinal(update));
  }

  save(update: FirmwareUpdate): void {
    this.#updates.set(update.id, update);
    if (isFinal(update)) this.#keep(update.id, this.#finished, this.#updates);
  }

  get(id: string): FirmwareUpdate | undefined {
    return this.#updates.get(id);
  }

  list({ endpointName, campaignId, limit }: UpdateFilter & { readonly limit: number }): readonly FirmwareUpdate[] {
    const matching = [...this.#updates.values()].filter(
      (update) =>
        (endpointName === undefined || update.endpointName === endpointName) &&
        (campaignId === undefined || update.campaignId === campaignId),
    );
    return matching.reverse().slice(0, limit);
  }

  count(campaignId: string): FirmwareCounts {
    const counts: Partial<Record<FirmwareState, number>> = {};
    for (const update of this.#updates.values()) {
      if (update.campaignId === campaignId) counts[update.state] = (counts[update.state] ?? 0) + 1;
    }
    return counts;
  }

  campaigns(): readonly FirmwareCampaign[] {
    return [...this.#campaigns.values()];
  }

  saveCampaign(campaign: FirmwareCampaign): void {
    this.#campaigns.set(campaign.id, campaign);
    if (isOver(campaign)) this.#keep(campaign.id, this.#over, this.#campaigns);
  }

  /** Something has ended: what ended before everything else makes room. */
  #keep(id: string, ended: Set<string>, all: Map<string, unknown>): void {
    ended.add(id);
    for (const oldest of ended) {
      if (ended.size <= this.#maxFinished) return;
      ended.delete(oldest);
      all.delete(oldest);
    }
  }
}
