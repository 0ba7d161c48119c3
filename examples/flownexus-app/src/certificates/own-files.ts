import type { Logger } from 'pino';
import { StartError } from '../start-error.ts';
import { readConfigured } from './configured-file.ts';
import { readRoots, type RootCertificate } from './root-certificate.ts';
import type { ServerCertificate } from './server-certificate.ts';
import type { Trust } from './trust.ts';

/** Certificates in the file of `FLOWNEXUS_COAPS_CA`; undefined: there is none. Throws an Error that says what is wrong. */
export function configuredRoots(file: string | undefined): RootCertificate[] {
  if (file === undefined) return [];
  const bytes = readConfigured('FLOWNEXUS_COAPS_CA', file);
  try {
    return readRoots(bytes);
  } catch (error) {
    throw new StartError(`FLOWNEXUS_COAPS_CA can not be used: ${messageOf(error)}`, { cause: error });
  }
}

export interface OwnFilesOptions {
  readonly server: ServerCertificate;
  readonly trust: Trust;
  readonly authoritiesFile: string | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** What was found when the files were looked at. */
export interface FileCheck {
  /** Whether the certificate of the server, or what is trusted, is another now. */
  readonly changed: boolean;
  /** What can not be used, so that what was before it stays. */
  readonly problems: readonly string[];
}

/** The files of the server's certificate and of the authorities that are trusted, as they are now. */
export class OwnFiles {
  readonly #options: OwnFilesOptions;
  #told = '';

  constructor(options: OwnFilesOptions) {
    this.#options = options;
  }

  /** Takes what has changed. What can not be used is told in the log, once as long as it is the same. Never rejects. */
  async check(): Promise<FileCheck> {
    const { server, log } = this.#options;
    const problems: string[] = [];
    let changed = false;
    for (const check of [() => server.check(), () => this.#checkRoots()]) {
      try {
        changed = (await check()) || changed;
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    if (changed) log.info({ notAfter: server.certificate.validTo }, 'the certificates of CoAPS were taken anew');
    const text = problems.join('; ');
    if (text !== '' && text !== this.#told) log.warn({ reason: text }, 'the certificates of CoAPS stay as they were');
    this.#told = text;
    return { changed, problems };
  }

  #checkRoots(): boolean {
    const { trust, authoritiesFile } = this.#options;
    const roots = configuredRoots(authoritiesFile);
    const same = roots.length === trust.configured.length && roots.every(({ fingerprint }, index) => fingerprint === trust.configured[index]?.fingerprint); // prettier-ignore
    if (!same) trust.setConfigured(roots);
    return !same;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
