import { systemClock, systemRandom, TimerQueue, type Clock, type RandomSource } from '@flownexus/datagram';
import type {
  CampaignOptions,
  FirmwareCampaigns,
  FirmwareServer,
  FirmwareUpdaterEvents,
  FirmwareUpdaterOptions,
  UpdateOptions,
} from '../api/firmware.ts';
import type { Notification } from '../api/observation.ts';
import { Lwm2mServerError } from '../errors.ts';
import { EventSource, safeReporter, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { inParallel } from '../maybe-promise.ts';
import type { Registration } from '../registration/registration.ts';
import { ActiveUpdate, type UpdateContext } from './active-update.ts';
import { Campaigns } from './campaigns.ts';
import { statusIn } from './device-facts.ts';
import type { FirmwareCampaign } from './firmware-campaign.ts';
import type { FirmwareStore, UpdateFilter } from './firmware-store.ts';
import { isFinal, type FirmwareUpdate } from './firmware-update.ts';
import { MemoryFirmwareStore } from './memory-firmware-store.ts';
import { checkCampaign, metadataOf, newUpdate, settingsOf } from './new-update.ts';
import { stepUpdate } from './step-update.ts';
import { PackageBytes } from './package-bytes.ts';

const ID_BYTES = 12;

/**
 * Updates the firmware of devices by Object 5 (TS Core E.6), from the first Read to the proof that the package is installed. An update goes on by itself
 * whatever the device does meanwhile, also over a restart of the server, until it has SUCCEEDED, FAILED for a reason that has a name, or was CANCELLED.
 *
 * @example
 * const files = new CoapFiles();
 * files.add(await fileSource('packages/app-1.2.bin'), { packageId: 'app-1.2.bin' });
 * const updater = new FirmwareUpdater(server, { packages: files });
 * updater.on('changed', ({ endpointName, state, progress }) => console.log(endpointName, state, progress));
 * await server.start();
 * await updater.start();
 * await updater.update('urn:imei:123456789012345', { packageId: 'app-1.2.bin', version: '1.2' });
 */
export class FirmwareUpdater {
  readonly #server: FirmwareServer;
  readonly #options: FirmwareUpdaterOptions;
  readonly #store: FirmwareStore;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #report: ErrorReporter;
  readonly #events: EventSource<FirmwareUpdaterEvents>;
  readonly #context: UpdateContext;
  readonly #campaigns: Campaigns;
  /** By endpoint name: each has one at most. */
  readonly #active = new Map<string, ActiveUpdate>();
  /** Endpoints whose update is about to be stored. */
  readonly #arriving = new Set<string>();
  /** IDs of QUEUED updates that are being taken back. */
  readonly #leaving = new Set<string>();
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new';

  /** @throws RangeError for a default that is out of its range */
  constructor(server: FirmwareServer, options: FirmwareUpdaterOptions) {
    settingsOf(options.defaults ?? {});
    this.#server = server;
    this.#options = options;
    this.#store = options.store ?? new MemoryFirmwareStore();
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#report = safeReporter(options.onError);
    this.#events = new EventSource(this.#report);
    this.#context = {
      server,
      store: this.#store,
      packages: new PackageBytes(options.packages),
      packageUri: options.packageUri,
      clock: this.#clock,
      timers: new TimerQueue({ clock: this.#clock, onError: (error) => this.#report(error, 'a firmware update') }),
      report: this.#report,
      onChange: (update, previous) => this.#changed(update, previous),
    };
    this.#campaigns = new Campaigns({
      store: this.#store,
      clock: this.#clock,
      report: this.#report,
      timers: this.#context.timers,
      claim: (endpointName) => this.#claim(endpointName),
      release: (endpointName) => this.#arriving.delete(endpointName),
      start: (update) => this.#start(update),
      cancel: (endpointName, id) => this.#cancelActive(endpointName, id),
      cancelQueued: (update) => this.#cancelQueued(update),
      onChange: (campaign, previous) => this.#events.emit('campaign', campaign, previous),
    });
  }

  /** Goes on with what was under way. Call it when the server has started; an updater starts once. Rejects when the store can't be loaded. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'an updater starts once');
    this.#state = 'starting';
    let updates: Iterable<FirmwareUpdate>;
    try {
      await this.#campaigns.load();
      updates = await this.#store.load();
    } catch (error) {
      this.#state = 'stopped';
      throw error;
    }
    // `stop` may have been called meanwhile.
    if (this.#isStopped()) return;
    this.#state = 'running';
    this.#server.on('registered', this.#onRegistered);
    this.#server.on('updated', this.#onUpdated);
    this.#server.on('notification', this.#onNotification);
    try {
      await this.#takeUp(updates);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#campaigns.advance();
  }

  /** Does nothing more until the next one starts over the same store. What is in the durable queue stays there. Stop it before the server. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#campaigns.stop();
    this.#server.off('registered', this.#onRegistered);
    this.#server.off('updated', this.#onUpdated);
    this.#server.off('notification', this.#onNotification);
    await Promise.all([...this.#active.values()].map((active) => active.stop()));
  }

  /**
   * Begins an update; resolves when the store has it. The device need not be registered.
   *
   * Rejects with `ERR_LWM2M_SERVER_UPDATE_ACTIVE` when the endpoint has one that is not finished, `ERR_LWM2M_SERVER_PACKAGE`,
   * `ERR_LWM2M_SERVER_LIMIT` when there are as many as may be, `ERR_LWM2M_SERVER_STATE` while the updater does not run, with what the store rejects with,
   * and with RangeError for an option out of its range.
   */
  async update(endpointName: string, options: UpdateOptions): Promise<FirmwareUpdate> {
    this.#checkRuns();
    if (this.#active.has(endpointName) || this.#arriving.has(endpointName)) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_UPDATE_ACTIVE', `${endpointName} has an update already`);
    }
    if (!this.#isFree(endpointName)) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many firmware updates are under way');
    }
    this.#arriving.add(endpointName);
    try {
      const size = await this.#context.packages.sizeOf(options.packageId);
      const update = this.#newUpdate(endpointName, options, size, undefined);
      await this.#store.save(update);
      this.#events.emit('changed', update, undefined);
      // Who starts next finds it, and begins it.
      if (this.#isStopped()) return update;
      const active = this.#activate(update);
      await active.take({ kind: 'start' });
      return active.update;
    } finally {
      this.#arriving.delete(endpointName);
    }
  }

  /**
   * Begins updates of many endpoints, so many at a time; resolves when the store has all of them. An endpoint that has an update already waits until that
   * is finished.
   *
   * Rejects as `update` does, and with RangeError for no endpoints, for an endpoint that is there twice, and for too many.
   */
  async campaign(options: CampaignOptions): Promise<FirmwareCampaign> {
    this.#checkRuns();
    const {
      endpoints,
      concurrency = 10,
      stopAtFailureShare = 1,
      packageId,
      startAt,
      updateMetadata,
      ...wanted
    } = options;
    checkCampaign({ endpoints, concurrency, stopAtFailureShare, ...(startAt === undefined ? {} : { startAt }) });
    const { metadata, ...settings } = { ...wanted, metadata: metadataOf(wanted) };
    if (this.#campaigns.queued + endpoints.length > limits.maxFirmwareUpdates) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many firmware updates wait for their turn');
    }
    const size = await this.#context.packages.sizeOf(packageId);
    const id = this.#newId();
    const each = { ...settings, packageId, ...(updateMetadata === undefined ? {} : { metadata: updateMetadata }) };
    const updates = endpoints.map((endpointName) => this.#newUpdate(endpointName, each, size, id));
    const now = this.#clock.wallTime();
    const times = { createdAt: now, updatedAt: now };
    const campaign: FirmwareCampaign = {
      id,
      packageId,
      state: startAt !== undefined && startAt > now ? 'SCHEDULED' : 'RUNNING',
      concurrency,
      stopAtFailureShare,
      total: updates.length,
      startAt,
      metadata,
      ...times,
    };
    await this.#begin(campaign, updates);
    return campaign;
  }

  /** What can be done with campaigns once they have begun. */
  get campaigns(): FirmwareCampaigns {
    const campaigns = this.#campaigns;
    return {
      list: async () => this.#store.campaigns(),
      counts: async (campaignId) =>
        campaigns.counts(campaignId, (endpointName) => this.active(endpointName)?.state) ??
        this.#store.count(campaignId),
      pause: (campaignId) => campaigns.pause(campaignId),
      resume: (campaignId) => campaigns.resume(campaignId),
      cancel: (campaignId) => campaigns.cancel(campaignId),
    };
  }

  /** An update by its ID, finished or not. */
  async get(id: string): Promise<FirmwareUpdate | undefined> {
    const stored = await this.#store.get(id);
    // What is under way knows its progress, too.
    const active = stored === undefined ? undefined : this.#active.get(stored.endpointName);
    return active?.update.id === id ? active.update : stored;
  }

  /** The update of an endpoint that is under way. */
  active(endpointName: string): FirmwareUpdate | undefined {
    return this.#active.get(endpointName)?.update;
  }

  /** Updates that are kept, the latest first. */
  async list(filter: UpdateFilter = {}): Promise<readonly FirmwareUpdate[]> {
    const { limit = 100 } = filter;
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit is a whole number above 0, not ${limit}`);
    return this.#store.list({ ...filter, limit });
  }

  /**
   * Takes an update back. Where the device may have a part of the package it is asked to throw that away. An installation that has begun can't be stopped:
   * only what becomes of it is not looked at any more. Resolves to false when it is finished already, or not known.
   */
  async cancel(id: string): Promise<boolean> {
    const update = await this.get(id);
    const active = update === undefined ? undefined : this.#active.get(update.endpointName);
    if (active?.update.id !== id) {
      if (update?.state !== 'QUEUED') return false;
      await this.#cancelQueued(update);
      return true;
    }
    await active.take({ kind: 'cancel' });
    return active.update.state === 'CANCELLED';
  }

  /** Calls `listener` at each event. What it throws goes to `onError`. */
  on<Name extends keyof FirmwareUpdaterEvents>(
    name: Name,
    listener: (...args: FirmwareUpdaterEvents[Name]) => unknown,
  ): this {
    this.#events.on(name, listener);
    return this;
  }

  /** Takes back what `on` added. */
  off<Name extends keyof FirmwareUpdaterEvents>(
    name: Name,
    listener: (...args: FirmwareUpdaterEvents[Name]) => unknown,
  ): this {
    this.#events.off(name, listener);
    return this;
  }

  /** Goes on with what the store has. */
  async #takeUp(updates: Iterable<FirmwareUpdate>): Promise<void> {
    const resumed: ActiveUpdate[] = [];
    const orphans: FirmwareUpdate[] = [];
    const abandoned: ActiveUpdate[] = [];
    for (const update of updates) {
      const isOfCampaign = this.#campaigns.restore(update);
      const isQueued = update.state === 'QUEUED' && update.campaignId !== undefined;
      if (!isQueued) resumed.push(this.#activate(update));
      if (isOfCampaign || update.campaignId === undefined) continue;
      // The process died before the campaign was saved, or while it was cancelled.
      const active = this.#active.get(update.endpointName);
      if (isQueued || active === undefined) orphans.push(update);
      else abandoned.push(active);
    }
    for (const active of resumed) active.resume();
    for (const active of abandoned) void active.take({ kind: 'cancel' });
    const takeBack = (update: FirmwareUpdate): Promise<void> =>
      this.#cancelQueued(update).catch((error: unknown) => {
        this.#report(error, `the firmware update ${update.id} stays QUEUED until the next start`);
      });
    await inParallel(
      limits.maxParallelRestorations,
      orphans.map((update) => () => takeBack(update)),
    );
  }

  /** Saves a campaign with its updates: all, or as far as that can be, nothing. */
  async #begin(campaign: FirmwareCampaign, updates: readonly FirmwareUpdate[]): Promise<void> {
    const saved: FirmwareUpdate[] = [];
    const save = async (update: FirmwareUpdate): Promise<void> => {
      await this.#store.save(update);
      saved.push(update);
      this.#events.emit('changed', update, undefined);
    };
    try {
      await inParallel(
        limits.maxParallelRestorations,
        updates.map((update) => () => save(update)),
      );
      await this.#campaigns.begin(campaign, updates);
    } catch (error) {
      // What can't be taken back now is when the next one starts.
      await Promise.allSettled(saved.map((update) => this.#cancelQueued(update)));
      throw error;
    }
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #checkRuns(): void {
    if (this.#state !== 'running') throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the updater does not run');
  }

  #isFree(endpointName: string): boolean {
    if (this.#active.has(endpointName) || this.#arriving.has(endpointName)) return false;
    return this.#active.size + this.#arriving.size < limits.maxActiveFirmwareUpdates;
  }

  #newUpdate(
    endpointName: string,
    options: UpdateOptions,
    size: number,
    campaignId: string | undefined,
  ): FirmwareUpdate {
    const registration = this.#server.registration(endpointName);
    const given = { id: this.#newId(), endpointName, campaignId, size, registration, now: this.#clock.wallTime() };
    const wanted = { ...this.#options.defaults, ...options };
    // Where there is nothing to fetch from, not even a device that would rather fetch is asked to.
    const isPushed = this.#options.packageUri === undefined && (wanted.delivery ?? 'auto') === 'auto';
    return newUpdate(isPushed ? { ...wanted, delivery: 'push' } : wanted, given);
  }

  async #cancelQueued(update: FirmwareUpdate): Promise<void> {
    const { update: cancelled } = stepUpdate(update, { kind: 'cancel' }, this.#clock.wallTime());
    this.#leaving.add(update.id);
    try {
      await this.#store.save(cancelled);
    } finally {
      this.#leaving.delete(update.id);
    }
    this.#changed(cancelled, update);
  }

  /** Takes back the update of an endpoint, if it is that one. */
  async #cancelActive(endpointName: string, id: string): Promise<boolean> {
    const active = this.#active.get(endpointName);
    if (active?.update.id !== id) return false;
    await active.take({ kind: 'cancel' });
    return true;
  }

  #claim(endpointName: string): boolean {
    if (!this.#isFree(endpointName)) return false;
    this.#arriving.add(endpointName);
    return true;
  }

  /** The turn of an update in its campaign has come. False when it is being taken back. */
  #start(update: FirmwareUpdate): boolean {
    if (this.#leaving.has(update.id)) return false;
    void this.#activate(update).take({ kind: 'start' });
    return true;
  }

  #activate(update: FirmwareUpdate): ActiveUpdate {
    const active = new ActiveUpdate(update, this.#context);
    this.#active.set(update.endpointName, active);
    return active;
  }

  #changed(update: FirmwareUpdate, previous: FirmwareUpdate): void {
    if (isFinal(update) && this.active(update.endpointName)?.id === update.id) {
      this.#active.delete(update.endpointName);
    }
    this.#events.emit('changed', update, previous);
    this.#campaigns.changed(update);
  }

  #newId(): string {
    return Buffer.from(this.#random.bytes(ID_BYTES)).toString('base64url');
  }

  readonly #onRegistered = ({ endpointName }: Registration): void => {
    void this.#active.get(endpointName)?.take({ kind: 'heard', registered: true });
  };

  readonly #onUpdated = ({ endpointName }: Registration): void => {
    void this.#active.get(endpointName)?.take({ kind: 'heard', registered: false });
  };

  readonly #onNotification = ({ registration, records, initial, fresh }: Notification): void => {
    const active = this.#active.get(registration.endpointName);
    // The first answer is of before the delivery, and what was overtaken is history.
    if (active === undefined || initial || !fresh) return;
    const { state, result } = statusIn(active.update, records);
    if (state !== undefined || result !== undefined) void active.take({ kind: 'notified', state, result });
  };
}
