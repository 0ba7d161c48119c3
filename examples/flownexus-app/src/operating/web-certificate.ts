import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { secureOptions, type ServedCertificate, type WebCredential } from '../http/http-server.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import { StartError } from '../start-error.ts';

interface Files {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** The key and certificate of the web port, from files that may be exchanged while the app runs. */
export class WebCertificate implements ServedCertificate {
  readonly #files: Files;
  readonly #log: Logger;
  readonly #listeners = new Set<(credential: WebCredential) => void>();
  readonly #repeated: Repeated;
  #current: WebCredential;
  /** Of the files that were not taken: each is told of once. */
  #refused: string | undefined;

  private constructor(files: Files, log: Logger, everyMs: number) {
    this.#files = files;
    this.#log = log;
    this.#current = load(files);
    this.#repeated = new Repeated({
      everyMs,
      run: () => {
        this.reload();
        return Promise.resolve();
      },
      onError: (error) => this.#log.error({ err: error }, 'the certificate of the web port could not be looked at'),
    });
  }

  /** Reads the files that the configuration names; undefined: it names none. Throws a {@link StartError} for what can not be used. */
  static open(
    {
      httpsKeyFile: keyFile,
      httpsCertificateFile: certificateFile,
    }: Pick<Config, 'httpsKeyFile' | 'httpsCertificateFile'>,
    log: Logger,
    everyMs: number = limits.webCertificateMs,
  ): WebCertificate | undefined {
    if (keyFile === undefined && certificateFile === undefined) return undefined;
    if (keyFile === undefined) throw new StartError('FLOWNEXUS_HTTPS_CERT needs its key: FLOWNEXUS_HTTPS_KEY');
    if (certificateFile === undefined)
      throw new StartError('FLOWNEXUS_HTTPS_KEY needs its certificate: FLOWNEXUS_HTTPS_CERT');
    return new WebCertificate({ keyFile, certificateFile }, log, everyMs);
  }

  get current(): WebCredential {
    return this.#current;
  }

  onChange(listener: (credential: WebCredential) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to look now and then whether the files have changed. */
  start(): void {
    this.#repeated.start();
  }

  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  /** Takes the files as they are now. Those that can not be used are told of in the log, and what was there before stays. */
  reload(): void {
    let found: WebCredential;
    try {
      found = load(this.#files);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#refused) this.#log.error(`the certificate of the web port stays as it was: ${message}`);
      this.#refused = message;
      return;
    }
    this.#refused = undefined;
    if (isSame(found, this.#current)) return;
    this.#current = found;
    for (const listener of this.#listeners) listener(found);
    this.#log.info('the web port has another certificate');
  }
}

/** Throws a {@link StartError} for what can not be read, is none, or does not belong together. */
function load({ keyFile, certificateFile }: Files): WebCredential {
  const credential = { key: read('FLOWNEXUS_HTTPS_KEY', keyFile), cert: read('FLOWNEXUS_HTTPS_CERT', certificateFile) };
  try {
    createSecureContext(secureOptions(credential));
    return credential;
  } catch (error) {
    throw new StartError(`FLOWNEXUS_HTTPS_KEY and FLOWNEXUS_HTTPS_CERT can not be used: ${reason(error)}`, {
      cause: error,
    });
  }
}

function read(variable: string, file: string): Uint8Array {
  try {
    if (statSync(file).size > limits.webCertificateBytes) throw new Error('it is too large');
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`${variable} ${file} can not be read: ${reason(error)}`, { cause: error });
  }
}

/** Node's message ends with the system call and its arguments. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, .*$/s, '') : String(error);
}

function isSame(one: WebCredential, other: WebCredential): boolean {
  return Buffer.compare(one.key, other.key) === 0 && Buffer.compare(one.cert, other.cert) === 0;
}
