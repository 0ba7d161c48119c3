import type { Clock, Timer, TimerQueue } from '@flownexus/datagram';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { inParallel } from '../maybe-promise.ts';
import { SerialByKey } from '../registration/serial-by-key.ts';
import { isOver, type CampaignState, type FirmwareCampaign, type FirmwareCounts } from './firmware-campaign.ts';
import type { FirmwareStore } from './firmware-store.ts';
import { isFinal, type FirmwareState, type FirmwareUpdate } from './firmware-update.ts';

/** What campaigns need of the updater. */
export interface CampaignContext {
  readonly store: FirmwareStore;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly report: ErrorReporter;
  /** Keeps an endpoint for an update that is about to begin, until `release`. False when it has one that is under way. */
  readonly claim: (endpointName: string) => boolean;
  readonly release: (endpointName: string) => void;
  /** Begins an update that is QUEUED, of an endpoint that was claimed. False when it is being taken back. */
  readonly start: (update: FirmwareUpdate) => boolean;
  /** Takes back an update that is under way. False when it is not. */
  readonly cancel: (endpointName: string, id: string) => Promise<boolean>;
  /** Takes back an update that is QUEUED. */
  readonly cancelQueued: (update: FirmwareUpdate) => Promise<void>;
  /** A campaign has changed: the store has it. */
  readonly onChange: (campaign: FirmwareCampaign, previous: FirmwareCampaign | undefined) => void;
}

/** A campaign and where its updates stand. */
interface Running {
  campaign: FirmwareCampaign;
  /** Endpoint names of the QUEUED updates, by their IDs, in the order in which they begin. */
  readonly queued: Map<string, string>;
  /** The same of those under way. */
  readonly active: Map<string, string>;
  readonly ended: { SUCCEEDED: number; FAILED: number; CANCELLED: number };
  /** Of what the store did not take, or not give. */
  retry: Timer | undefined;
  /** Of one that is SCHEDULED: when it is looked at next. */
  beginning: Timer | undefined;
}

/** When what the store did not take or give is tried again. */
const STORE_RETRY_MS = 5_000;
/** Clocks are set meanwhile, and machines sleep: how long the time of a campaign is waited for without a look at the clock. */
const LONGEST_WAIT_MS = 60_000;

/** Begins the updates of campaigns, so many at a time, until all are finished or too many have failed. */
export class Campaigns {
  readonly #context: CampaignContext;
  /** Those that are not over. */
  readonly #running = new Map<string, Running>();
  readonly #serial = new SerialByKey();
  #stopped = false;

  constructor(context: CampaignContext) {
    this.#context = context;
  }

  /** Updates that wait for their turn. */
  get queued(): number {
    let queued = 0;
    for (const running of this.#running.values()) queued += running.queued.size;
    return queued;
  }

  /** Takes up the campaigns that the store has, without beginning anything yet. */
  async load(): Promise<void> {
    for (const campaign of await this.#context.store.campaigns()) {
      if (isOver(campaign)) continue;
      const { SUCCEEDED = 0, FAILED = 0, CANCELLED = 0 } = await this.#context.store.count(campaign.id);
      this.#add(campaign, { SUCCEEDED, FAILED, CANCELLED });
    }
  }

  /** An update that the store has belongs to its campaign. False when that is over, or was never saved. */
  restore({ id, endpointName, campaignId, state }: FirmwareUpdate): boolean {
    const running = this.#running.get(campaignId ?? '');
    if (running === undefined) return false;
    (state === 'QUEUED' ? running.queued : running.active).set(id, endpointName);
    return true;
  }

  /** Begins a campaign whose updates the store has. */
  async begin(campaign: FirmwareCampaign, updates: readonly FirmwareUpdate[]): Promise<void> {
    await this.#context.store.saveCampaign(campaign);
    const running = this.#add(campaign, { SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 });
    for (const { id, endpointName } of updates) running.queued.set(id, endpointName);
    this.#context.onChange(campaign, undefined);
    this.advance();
  }

  /** Begins what may begin now: an update has ended, or endpoints are free. */
  advance(): void {
    for (const running of this.#running.values()) this.#advance(running);
  }

  /** An update has changed. */
  changed(update: FirmwareUpdate): void {
    const running = isFinal(update) ? this.#running.get(update.campaignId ?? '') : undefined;
    // Who takes an update back twice at a time is told of it twice.
    const isNew = running?.queued.delete(update.id) === true || running?.active.delete(update.id) === true;
    if (running !== undefined && isNew) {
      running.ended[update.state as 'SUCCEEDED'] += 1;
      if (update.state === 'FAILED') this.#weigh(running);
    }
    if (isFinal(update)) this.advance();
  }

  /** How many updates of a campaign are in which state, as far as it is known here; undefined when it is over, or not known. */
  counts(campaignId: string, stateOf: (endpointName: string) => FirmwareState | undefined): FirmwareCounts | undefined {
    const running = this.#running.get(campaignId);
    if (running === undefined) return undefined;
    const counts: Partial<Record<FirmwareState, number>> = { ...running.ended, QUEUED: running.queued.size };
    for (const endpointName of running.active.values()) {
      const state = stateOf(endpointName) ?? 'QUEUED';
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  /** Begins no further update until `resume`. False when the campaign neither runs nor is SCHEDULED. */
  pause(campaignId: string): Promise<boolean> {
    return this.#enter(campaignId, ['RUNNING', 'SCHEDULED'], 'PAUSED');
  }

  /** Goes on with a campaign that is PAUSED or STOPPED. False when it is neither. */
  resume(campaignId: string): Promise<boolean> {
    const running = this.#running.get(campaignId);
    const isEarly = running !== undefined && this.#untilStart(running.campaign) > 0;
    return this.#enter(campaignId, ['PAUSED', 'STOPPED'], isEarly ? 'SCHEDULED' : 'RUNNING');
  }

  /** Ends a campaign and takes back its updates. False when it is over. */
  async cancel(campaignId: string): Promise<boolean> {
    const running = this.#running.get(campaignId);
    if (running === undefined) return false;
    // What could not be taken back the first time is the next.
    const isAgain = running.campaign.state === 'CANCELLED';
    if (!isAgain && !(await this.#enter(campaignId, UNFINISHED, 'CANCELLED'))) return false;
    let hasFailed = false;
    const takeBack = async (id: string, endpointName: string): Promise<void> => {
      if (hasFailed) return;
      try {
        if (await this.#context.cancel(endpointName, id)) return;
        const update = await this.#context.store.get(id);
        if (update?.state === 'QUEUED') await this.#context.cancelQueued(update);
      } catch (error) {
        // The store may not take the others either.
        hasFailed = true;
        throw error;
      }
    };
    const updates = [...running.active, ...running.queued];
    await inParallel(
      limits.maxParallelRestorations,
      updates.map(
        ([id, endpointName]) =>
          () =>
            takeBack(id, endpointName),
      ),
    );
    this.#running.delete(campaignId);
    return true;
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    for (const { retry, beginning } of this.#running.values()) {
      retry?.cancel();
      beginning?.cancel();
    }
  }

  #add(campaign: FirmwareCampaign, ended: Running['ended']): Running {
    const timers = { retry: undefined, beginning: undefined };
    const running: Running = { campaign, queued: new Map(), active: new Map(), ended, ...timers };
    this.#running.set(campaign.id, running);
    return running;
  }

  #advance(running: Running): void {
    const { campaign, queued, active } = running;
    if (this.#stopped) return;
    if (queued.size === 0 && active.size === 0) this.#enterLater(campaign.id, UNFINISHED, 'FINISHED');
    if (campaign.state === 'SCHEDULED' && running.beginning === undefined) this.#beginInTime(running);
    if (campaign.state !== 'RUNNING') return;
    for (const [id, endpointName] of queued) {
      if (active.size >= campaign.concurrency) return;
      if (!this.#context.claim(endpointName)) continue;
      queued.delete(id);
      active.set(id, endpointName);
      void this.#start(running, id, endpointName);
    }
  }

  /** Waits for the time of a campaign, and begins it then. */
  #beginInTime(running: Running): void {
    const wait = Math.min(this.#untilStart(running.campaign), LONGEST_WAIT_MS);
    running.beginning = this.#context.timers.schedule(wait, () => {
      running.beginning = undefined;
      if (running.campaign.state !== 'SCHEDULED') return;
      if (this.#untilStart(running.campaign) > 0) this.#beginInTime(running);
      else this.#enterLater(running.campaign.id, ['SCHEDULED'], 'RUNNING');
    });
  }

  /** Milliseconds until a campaign is to begin; 0 where that is over. */
  #untilStart({ startAt = 0 }: FirmwareCampaign): number {
    return Math.max(0, startAt - this.#context.clock.wallTime());
  }

  async #start(running: Running, id: string, endpointName: string): Promise<void> {
    const { store, start, release, report } = this.#context;
    let isKnown = true;
    await Promise.resolve(); // `queued` is being gone through
    try {
      const update = await store.get(id);
      isKnown = update?.state === 'QUEUED';
      // It may have been taken back meanwhile, and the campaign paused or cancelled.
      const isWanted = !this.#stopped && running.active.has(id) && running.campaign.state === 'RUNNING';
      if (isWanted && update?.state === 'QUEUED' && start(update)) return;
    } catch (error) {
      report(error, `the firmware update ${id} does not begin yet`);
      this.#later(running, () => this.#advance(running));
    } finally {
      release(endpointName);
    }
    if (!running.active.delete(id)) return;
    if (isKnown) running.queued.set(id, endpointName);
    else this.#advance(running);
  }

  #later(running: Running, work: () => void): void {
    running.retry?.cancel();
    if (!this.#stopped) running.retry = this.#context.timers.schedule(STORE_RETRY_MS, work);
  }

  /** Stops a campaign in which too many updates have failed. */
  #weigh({ campaign, queued, ended }: Running): void {
    const { id, stopAtFailureShare, total, state } = campaign;
    if (state !== 'RUNNING' || stopAtFailureShare >= 1 || queued.size === 0) return;
    if (ended.FAILED >= stopAtFailureShare * total) this.#enterLater(id, ['RUNNING'], 'STOPPED');
  }

  /** As `#enter`, where nobody waits for it. */
  #enterLater(campaignId: string, from: readonly CampaignState[], state: CampaignState): void {
    this.#enter(campaignId, from, state).catch((error: unknown) => {
      this.#context.report(error, `the campaign ${campaignId} is not ${state} yet`);
      const running = this.#running.get(campaignId);
      if (running !== undefined) this.#later(running, () => this.#enterLater(campaignId, from, state));
    });
  }

  /** Takes a campaign to a state from one of these. False when it is in another. Rejects, with nothing changed, when the store does. */
  #enter(campaignId: string, from: readonly CampaignState[], state: CampaignState): Promise<boolean> {
    const running = this.#running.get(campaignId);
    if (running === undefined) return Promise.resolve(false);
    const previous = running.campaign;
    if (!from.includes(previous.state)) return Promise.resolve(false);
    // At once, so that nothing begins meanwhile.
    running.campaign = { ...previous, state, updatedAt: this.#context.clock.wallTime() };
    return Promise.resolve(this.#serial.run(campaignId, () => this.#save(running, previous)));
  }

  async #save(running: Running, previous: FirmwareCampaign): Promise<boolean> {
    const { campaign } = running;
    try {
      await this.#context.store.saveCampaign(campaign);
    } catch (error) {
      if (running.campaign === campaign) running.campaign = previous;
      if (running.queued.size > 0) this.#advance(running);
      throw error;
    }
    if (isOver(campaign) && running.active.size + running.queued.size === 0) this.#running.delete(campaign.id);
    this.#context.onChange(campaign, previous);
    this.#advance(running);
    return true;
  }
}

const UNFINISHED: readonly CampaignState[] = ['SCHEDULED', 'RUNNING', 'PAUSED', 'STOPPED'];
