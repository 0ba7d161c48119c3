import { Code } from '@flownexus/coap';
import type { Clock, Timer } from '@flownexus/datagram';
import { Lwm2mClientError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Lwm2mClient } from '../lwm2m-client.ts';
import type { RegistrationAccount } from './server-accounts.ts';

/** What a client tells of itself. */
export interface ClientCallbacks {
  readonly onRegistered: (registrationId: string) => void;
  readonly onTrouble: (error: Error) => void;
}

/** What the clients of accounts need. */
export interface AccountClientsOptions {
  readonly clock: Clock;
  /** Makes the client of an account, which is started then. May throw. */
  readonly createClient: (account: RegistrationAccount, callbacks: ClientCallbacks) => Lwm2mClient;
  /** How often registering is tried before it has failed. */
  readonly attemptsFor: (account: RegistrationAccount) => number;
  readonly onRegistered: (account: RegistrationAccount, registrationId: string) => void;
  /** Registering has failed: the server refused, or did not answer as often as it was tried. It is tried further, until told otherwise. */
  readonly onFailed: (account: RegistrationAccount) => void;
  readonly onTrouble: (error: Error, account: RegistrationAccount) => void;
}

/** The clients by which a device is registered with the servers of its accounts. */
export class AccountClients {
  readonly #options: AccountClientsOptions;
  #running: RunningAccount[] = [];

  constructor(options: AccountClientsOptions) {
    this.#options = options;
  }

  /** Those that run, by the Short Server IDs of their servers. */
  get clients(): ReadonlyMap<number, Lwm2mClient> {
    const clients = new Map<number, Lwm2mClient>();
    for (const { account, client } of this.#running)
      if (client !== undefined) clients.set(account.shortServerId, client);
    return clients;
  }

  /** Registers with each of these servers. */
  start(accounts: readonly RegistrationAccount[]): void {
    this.#running = accounts.map((account) => new RunningAccount(account, this.#options));
    for (const running of this.#running) running.begin();
  }

  /** Ends all, `politely` with a De-register. Nothing is heard of them from now on. */
  async end(politely: boolean): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.end(politely)));
  }
}

class RunningAccount {
  readonly account: RegistrationAccount;
  client: Lwm2mClient | undefined;
  readonly #options: AccountClientsOptions;
  #troubles = 0;
  #timer: Timer | undefined;
  #ended = false;

  constructor(account: RegistrationAccount, options: AccountClientsOptions) {
    this.account = account;
    this.#options = options;
  }

  begin(): void {
    try {
      this.client = this.#options.createClient(this.account, {
        onRegistered: (registrationId) => {
          this.#troubles = 0;
          if (!this.#ended) this.#options.onRegistered(this.account, registrationId);
        },
        onTrouble: (error) => {
          this.#trouble(error);
        },
      });
    } catch (error) {
      this.#refused(error);
      return;
    }
    this.client.start().catch((error: unknown) => {
      this.#refused(error);
    });
  }

  async end(politely: boolean): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    await (politely ? this.client?.stop() : this.client?.close());
  }

  /** It goes on trying by itself. */
  #trouble(error: Error): void {
    if (this.#ended) return;
    this.#options.onTrouble(error, this.account);
    // Of an Update it is tried by a Register next.
    if (this.#isEnded() || this.client?.registrationId !== undefined) return;
    this.#troubles += 1;
    if (isRefusal(error) || this.#troubles >= this.#options.attemptsFor(this.account))
      this.#options.onFailed(this.account);
  }

  /** A client that could not be made, or was refused when it started, does no more: another one begins anew later. */
  #refused(error: unknown): void {
    if (this.#ended) return;
    this.client?.close().catch((reason: unknown) => {
      this.#options.onTrouble(asError(reason), this.account);
    });
    this.client = undefined;
    this.#timer = this.#options.clock.schedule(limits.refusedRetryMs, () => {
      this.begin();
    });
    this.#options.onTrouble(asError(error), this.account);
    if (!this.#isEnded()) this.#options.onFailed(this.account);
  }

  #isEnded(): boolean {
    return this.#ended;
  }
}

function isRefusal(error: Error): boolean {
  return error instanceof Lwm2mClientError && (error.responseCode ?? Infinity) < Code.INTERNAL_SERVER_ERROR;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
