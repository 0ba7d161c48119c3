import type { FirmwareUpdate } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';
import type { LiveStream } from '../http/live-stream.ts';
import type { ErrorReport } from '../stores/readable.ts';
import { campaignItemSchema } from './campaign-item.ts';
import type { CampaignReader } from './campaign-reader.ts';
import { toUpdateRow } from './firmware-rows.ts';
import { toUpdateItem } from './update-item.ts';

export interface UpdatePublisherOptions {
  readonly stream: Pick<LiveStream, 'publish' | 'wanted'>;
  readonly campaigns: Pick<CampaignReader, 'get'>;
  readonly report: ErrorReport;
  /** Default `limits.firmwareProgressMs`. */
  readonly progressMs?: number;
}

/** Tells the stream of updates and campaigns: each change of an update, its progress not more often than may be, and of campaigns how their updates stand. */
export class UpdatePublisher {
  readonly #options: UpdatePublisherOptions;
  readonly #progressMs: number;
  /** When the progress of an update was told last, by its id: those that are under way. */
  readonly #told = new Map<string, number>();
  /** Campaigns that are told soon. */
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(options: UpdatePublisherOptions) {
    this.#options = options;
    this.#progressMs = options.progressMs ?? limits.firmwareProgressMs;
  }

  /** An update has changed. */
  updateChanged(update: FirmwareUpdate, previous: FirmwareUpdate | undefined): void {
    const { id, endpointName, campaignId, state } = update;
    const now = performance.now();
    const isProgress = state === previous?.state && update.failure === previous.failure;
    if (isProgress) {
      if (now - (this.#told.get(id) ?? -Infinity) < this.#progressMs) return;
      this.#told.set(id, now);
    }
    if (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED') this.#told.delete(id);
    this.#options.stream.publish('firmwareUpdate', endpointName, () => toUpdateItem(toUpdateRow(update)));
    if (campaignId !== undefined && state !== previous?.state) this.campaignChanged(campaignId);
  }

  /** A campaign has changed, or one of its updates: it is told after a moment, with all that has changed until then. */
  campaignChanged(id: string): void {
    if (!this.#options.stream.wanted || this.#waiting.has(id)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      void this.#tell(id);
    }, this.#progressMs).unref();
    this.#waiting.set(id, timer);
  }

  /** Tells nothing more. */
  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /** Never rejects. */
  async #tell(id: string): Promise<void> {
    const { stream, campaigns, report } = this.#options;
    try {
      const item = campaignItemSchema.parse(await campaigns.get(id));
      stream.publish('firmwareCampaign', undefined, () => item);
    } catch (error) {
      report(error, `the campaign ${id} could not be told to the stream`);
    }
  }
}
