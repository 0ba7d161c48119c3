import pg from 'pg';
import { StartError } from '../../start-error.ts';

/** What the advisory lock of FlowNexus is called: the first eight bytes of its name. */
const LOCK = BigInt(`0x${Buffer.from('flownexu').toString('hex')}`);

export interface InstanceLockOptions {
  readonly url: string;
  readonly retryMs: number;
  /** How long the server may take to answer, in milliseconds. */
  readonly answerMs: number;
  /** How often it is looked whether the connection still is one, in milliseconds: what vanished without a word is noticed by that alone. */
  readonly beatMs: number;
  /** How long the lock may be held by another after a loss, in milliseconds: the server may not know yet that our own session is over. */
  readonly patienceMs: number;
  /** Another FlowNexus took the database while the connection was lost: this one must end. */
  readonly onTaken: (error: Error) => void;
}

/** Makes the process the only one that works on a database: an advisory lock on a connection of its own, taken again when that was lost. */
export class InstanceLock {
  readonly #options: InstanceLockOptions;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  /** Since when another has the lock, of a clock that never goes back. */
  #takenSince: number | undefined;
  #released = false;

  private constructor(options: InstanceLockOptions) {
    this.#options = options;
  }

  /** Rejects with a {@link StartError} when another FlowNexus has the database, and with the error of the driver when it can not be reached. */
  static async take(options: InstanceLockOptions): Promise<InstanceLock> {
    const lock = new InstanceLock(options);
    if (!(await lock.#connect())) {
      throw new StartError('the database is in use by another FlowNexus: stop that one, or set another FLOWNEXUS_DATABASE_URL'); // prettier-ignore
    }
    return lock;
  }

  async release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
    await this.#client?.end();
    this.#client = undefined;
  }

  async #connect(): Promise<boolean> {
    const { url, answerMs } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: 'flownexus lock',
      keepAlive: true,
      // A server that takes connections and says nothing would be waited for without end.
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
    });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK]);
      if (rows[0]?.taken === true) {
        this.#client = client;
        this.#takenSince = undefined;
        this.#watch(client);
        return true;
      }
    } catch (error) {
      await client.end();
      throw error;
    }
    await client.end();
    return false;
  }

  #watch(client: pg.Client): void {
    this.#beat = setInterval(() => {
      client.query('SELECT 1').catch(() => {
        this.#lost(client);
        // There is nobody left who could hear that it ends.
        client.end().catch(() => undefined);
      });
    }, this.#options.beatMs);
    this.#beat.unref();
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    clearInterval(this.#beat);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#released) return;
    this.#timer = setTimeout(() => {
      this.#connect().then(
        (taken) => {
          if (!taken) this.#foundTaken();
        },
        // The server can not be reached yet.
        () => this.#retryLater(),
      );
    }, this.#options.retryMs);
    this.#timer.unref();
  }

  #foundTaken(): void {
    const now = performance.now();
    this.#takenSince ??= now;
    if (now - this.#takenSince < this.#options.patienceMs) this.#retryLater();
    else this.#options.onTaken(new Error('another FlowNexus has taken the database'));
  }
}
