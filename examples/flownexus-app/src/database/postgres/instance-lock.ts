import pg from 'pg';
import { StartError } from '../../start-error.ts';

/** What the advisory lock of FlowNexus is called: the first eight bytes of its name. */
const LOCK = BigInt(`0x${Buffer.from('flownexu').toString('hex')}`);

export interface InstanceLockOptions {
  readonly url: string;
  readonly retryMs: number;
  /** How long the server may take to answer, in milliseconds. */
  readonly answerMs: number;
  /** Another FlowNexus took the database while the connection was lost: this one must end. */
  readonly onTaken: (error: Error) => void;
}

/** Makes the process the only one that works on a database: an advisory lock on a connection of its own, taken again when that was lost. */
export class InstanceLock {
  readonly #options: InstanceLockOptions;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
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
        return true;
      }
    } catch (error) {
      await client.end();
      throw error;
    }
    await client.end();
    return false;
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#released) return;
    this.#timer = setTimeout(() => {
      this.#connect().then(
        (taken) => {
          if (!taken) this.#options.onTaken(new Error('another FlowNexus has taken the database'));
        },
        // The server can not be reached yet.
        () => this.#retryLater(),
      );
    }, this.#options.retryMs);
    this.#timer.unref();
  }
}
