import {
  systemClock,
  systemRandom,
  udpTransport,
  type Clock,
  type RandomSource,
  type Timer,
} from '@flownexus/datagram';
import { pathOf, type PathLike } from '@flownexus/lwm2m-core';
import { Lwm2mClientError } from '../errors.ts';
import { limits } from '../limits.ts';
import { Lwm2mClient } from '../lwm2m-client.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { AttributeStore } from '../operations/attribute-store.ts';
import { defaultContentFormats } from '../operations/formats.ts';
import type { ReportedValue, SendOptions } from '../reporting/send.ts';
import { AccountClients, type ClientCallbacks } from './account-clients.ts';
import { accountTransport } from './account-transport.ts';
import { BootstrapSession } from './bootstrap-session.ts';
import type { Lwm2mDeviceOptions } from './device-options.ts';
import { bootstrapAccount, serverOf, type SecurityAccount } from './security-account.ts';
import {
  NEW_SEQUENCE,
  stepSequence,
  type SequenceCommand,
  type SequenceInput,
  type SequenceState,
} from './sequence.ts';
import { registrationAccounts, type RegistrationAccount } from './server-accounts.ts';
import { takeSmartcard } from './smartcard.ts';

/** Resources of the Server Object (TS Core, Appendix E.2). */
const BOOTSTRAP_REQUEST_TRIGGER = 9;
const BOOTSTRAP_ON_REGISTRATION_FAILURE = 16;
const COMMUNICATION_RETRY_COUNT = 17;

/**
 * A device that finds its servers by its accounts, the instances of the Objects 0 and 1 of its tree: it registers with each of them, by a
 * {@link Lwm2mClient} each, and has the bootstrap server of its bootstrap account give it what it lacks (TS Core §6.1): when it has no
 * account, when registering fails with all of them, and when a server executes `/1/x/9`.
 */
export class Lwm2mDevice {
  readonly objects: ObjectTree;
  readonly #options: Lwm2mDeviceOptions;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #clients: AccountClients;
  readonly #started = Promise.withResolvers<undefined>();
  #sequence: SequenceState = NEW_SEQUENCE;
  #state: 'new' | 'running' | 'stopped' = 'new';
  /** The commands under way and those that wait: never rejects. */
  #work: Promise<void> = Promise.resolve();
  #session: BootstrapSession | undefined;
  /** Lets the process end, which the device keeps running: it may wait with no socket open. */
  #release: (() => void) | undefined;
  #timer: Timer | undefined;
  #accountTimer: Timer | undefined;
  readonly #triggers: (() => void)[] = [];

  constructor(options: Lwm2mDeviceOptions) {
    this.#options = options;
    this.objects = options.objects;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#clients = new AccountClients({
      clock: this.#clock,
      createClient: (account, callbacks) => this.#createClient(account, callbacks),
      attemptsFor: (account) => this.#attemptsFor(account),
      onRegistered: ({ shortServerId }, registrationId) => {
        this.#step({ kind: 'registered', shortServerId });
        this.#tell(() => options.onRegistered?.(shortServerId, registrationId));
        this.#started.resolve(undefined);
      },
      onFailed: ({ shortServerId }) => {
        this.#step({ kind: 'failed', shortServerId });
      },
      onTrouble: (error, { shortServerId }) => options.onTrouble?.(error, shortServerId),
    });
    this.#started.promise.catch(() => this.#release?.());
  }

  get endpointName(): string {
    return this.#options.endpointName;
  }

  /** The clients that are registered, or try to be, by the Short Server IDs of their servers. */
  get clients(): ReadonlyMap<number, Lwm2mClient> {
    return this.#clients.clients;
  }

  /**
   * Registers, after a bootstrap where it takes one. Resolves when the first server has accepted the device; where none does it goes on
   * trying until {@link stop}. Rejects with `ERR_LWM2M_CLIENT_ACCOUNT` when there is no account at all. The process keeps running until it
   * rejects or the device is stopped or closed.
   */
  start(): Promise<void> {
    if (this.#state !== 'new') {
      return Promise.reject(new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'a device starts once'));
    }
    this.#state = 'running';
    takeSmartcard(this.objects, this.#options.smartcard?.());
    this.#release = this.#clock.hold?.();
    this.#step({ kind: 'begun' });
    return this.#started.promise;
  }

  /**
   * Sends values to the server with the Short Server ID, and rejects, as {@link Lwm2mClient.send} does: with `ERR_LWM2M_CLIENT_STATE` also
   * while there is no client for that server, as during a bootstrap.
   */
  async send(shortServerId: number, what: readonly (PathLike | ReportedValue)[], options?: SendOptions): Promise<void> {
    const client = this.clients.get(shortServerId);
    if (client === undefined) {
      const message = `a Send needs a registration, and there is none with the server ${shortServerId}`;
      throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', message);
    }
    await client.send(what, options);
  }

  /** De-registers, and has the bootstrap server give the device its accounts anew, as when a server executes `/1/x/9`. */
  bootstrap(): void {
    this.#step({ kind: 'triggered' });
  }

  /** Starts anew, as after a Reboot by a server: without a word, and with a Register to each server. A bootstrap goes on. */
  async reboot(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.reboot()));
  }

  /** De-registers from all servers and closes. */
  async stop(): Promise<void> {
    await this.#end(true);
  }

  /** Closes without a word, as a device that loses power does. */
  async close(): Promise<void> {
    await this.#end(false);
  }

  async #end(politely: boolean): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#accountTimer?.cancel();
    this.#started.reject(new Lwm2mClientError('ERR_LWM2M_CLIENT_STOPPED', 'the device is stopped'));
    this.#withdrawTriggers();
    try {
      await Promise.all([this.#session?.close(), this.#clients.end(politely)]);
      await this.#work;
    } finally {
      this.#release?.();
    }
  }

  #step(input: SequenceInput): void {
    if (this.#state !== 'running') return;
    const accounts = registrationAccounts(this.objects);
    const { state, commands } = stepSequence(this.#sequence, input, {
      accounts: accounts.map(({ shortServerId }) => shortServerId),
      canBootstrap: bootstrapAccount(this.objects) !== undefined,
      fallsBack: accounts.some((account) => this.#fallsBack(account)),
    });
    this.#sequence = state;
    for (const command of commands) {
      this.#work = this.#work
        .then(() => (this.#state === 'running' ? this.#perform(command) : undefined))
        .catch((error: unknown) => {
          this.#report(error);
        });
    }
  }

  async #perform(command: SequenceCommand): Promise<void> {
    switch (command.kind) {
      case 'register':
        this.#register();
        return;
      case 'leave':
        this.#withdrawTriggers();
        await this.#clients.end(command.politely);
        return;
      case 'holdOff':
        this.#wait((bootstrapAccount(this.objects)?.holdOffTime ?? 0) * 1_000);
        return;
      case 'pause': {
        const { first, longest } = limits.bootstrapBackoffMs;
        this.#wait(Math.min(first * 2 ** (command.failures - 1), longest));
        return;
      }
      case 'bootstrap':
        await this.#bootstrap();
        return;
      case 'strand': {
        const error = new Lwm2mClientError('ERR_LWM2M_CLIENT_ACCOUNT', 'the device has no account to begin with');
        this.#started.reject(error);
        this.#report(error);
      }
    }
  }

  #register(): void {
    const accounts = registrationAccounts(this.objects);
    for (const { serverInstance } of accounts) this.#offerTrigger(serverInstance);
    this.#clients.start(accounts);
  }

  /** TS Core, Appendix E.2, Resource 9. */
  #offerTrigger(serverInstance: number): void {
    if (this.objects.definitions.resource(1, BOOTSTRAP_REQUEST_TRIGGER)?.operations !== 'E') return;
    const path = pathOf(1, serverInstance, BOOTSTRAP_REQUEST_TRIGGER);
    const withdraw = this.objects.onExecute(path, ({ afterAnswer }) => {
      afterAnswer(() => {
        this.bootstrap();
      });
    });
    this.#triggers.push(withdraw);
  }

  #withdrawTriggers(): void {
    for (const withdraw of this.#triggers.splice(0)) withdraw();
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(ms, () => {
      this.#step({ kind: 'waited' });
    });
  }

  async #bootstrap(): Promise<void> {
    // Who is asked for new accounts does not lose its own meanwhile.
    const isAccountToGo = this.#accountTimer !== undefined;
    this.#accountTimer?.cancel();
    try {
      await this.#session?.close();
      if (this.#state !== 'running') return; // stopped meanwhile
      const account = bootstrapAccount(this.objects);
      if (account === undefined)
        throw new Lwm2mClientError('ERR_LWM2M_CLIENT_ACCOUNT', 'there is no bootstrap account');
      this.#session = this.#createSession(account);
      await this.#session.run();
    } catch (error) {
      if (isAccountToGo) this.#keepAccount();
      this.#report(error);
      this.#step({ kind: 'bootstrapFailed' });
      return;
    }
    this.#keepAccount();
    this.#tell(() => this.#options.onBootstrapped?.());
    this.#step({ kind: 'bootstrapped' });
  }

  /** TS Core, Appendix E.1, Resource 12: the bootstrap account goes after a while, if it says so. */
  #keepAccount(): void {
    this.#accountTimer?.cancel();
    const account = bootstrapAccount(this.objects);
    if (this.#state !== 'running' || account === undefined || account.accountTimeout <= 0) return;
    this.#accountTimer = this.#clock.schedule(account.accountTimeout * 1_000, () => {
      this.objects.remove(pathOf(0, account.instanceId));
      if (account.oscore !== undefined) this.objects.remove(account.oscore);
    });
  }

  #createSession(account: SecurityAccount): BootstrapSession {
    const { objects, endpointName, sendEndpointName = true, lwm2mVersion = '1.1', contentFormats } = this.#options;
    return new BootstrapSession({
      account,
      device: {
        tree: objects,
        attributes: new AttributeStore(),
        lwm2mVersion,
        contentFormats: contentFormats ?? defaultContentFormats(lwm2mVersion),
        rootPath: '/', // TS Transport §6.4.1: the alternate path is not for bootstrap
      },
      endpointName: sendEndpointName ? endpointName : undefined,
      createTransport: () => this.#createTransport(account),
      clock: this.#clock,
      random: this.#random,
      enrollsAs: this.#options.est === true ? endpointName : undefined,
      asksForPack: this.#options.bootstrapPack ?? lwm2mVersion === '1.2',
      timeoutMs: this.#options.bootstrapTimeoutMs ?? limits.bootstrapTimeoutMs,
      onError: (error) => {
        this.#report(error);
      },
    });
  }

  #createClient({ security, serverInstance }: RegistrationAccount, callbacks: ClientCallbacks): Lwm2mClient {
    const { host, port } = serverOf(security);
    return new Lwm2mClient({
      ...this.#options,
      ...callbacks,
      server: { host, port },
      serverInstance,
      transport: () => this.#createTransport(security),
    });
  }

  #createTransport(account: SecurityAccount): ReturnType<typeof accountTransport> {
    const { host, port } = serverOf(account);
    const { transport = () => udpTransport({ port: 0 }) } = this.#options;
    const use = { host, port, isBootstrap: account.isBootstrap };
    return accountTransport(account, () => transport(use), this.#clock, this.#random);
  }

  #attemptsFor({ serverInstance }: RegistrationAccount): number {
    const count = this.objects.content(pathOf(1, serverInstance, COMMUNICATION_RETRY_COUNT));
    const { registrationAttempts = typeof count === 'number' ? count : limits.registrationAttempts } = this.#options;
    return registrationAttempts;
  }

  /** TS Core, Appendix E.2, Resource 16: true where it is not there. */
  #fallsBack({ serverInstance }: RegistrationAccount): boolean {
    return this.objects.content(pathOf(1, serverInstance, BOOTSTRAP_ON_REGISTRATION_FAILURE)) !== false;
  }

  /** Tells the application. What it throws is no reason to bootstrap again, or not to register. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (this.#state !== 'running') return;
    this.#options.onTrouble?.(error instanceof Error ? error : new Error(String(error)), undefined);
  }
}
