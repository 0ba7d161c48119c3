import { Code, formatCode, type CoapRequest, type CoapResponse } from '@flownexus/coap';
import type { Clock, DatagramTransport, RandomSource, Timer } from '@flownexus/datagram';
import { decodePayload, ROOT_PATH } from '@flownexus/lwm2m-core';
import { Lwm2mClientError } from '../errors.ts';
import { limits } from '../limits.ts';
import { answerQuietly } from '../operations/answer-quietly.ts';
import type { Device } from '../operations/device.ts';
import { unauthorized } from '../operations/refuse.ts';
import { ServerLink } from '../server-link.ts';
import { BootstrapInterface } from './bootstrap-interface.ts';
import { bootstrapPackRequest, bootstrapRequest } from './bootstrap-requests.ts';
import { completeAccounts, enroll, type OwnCertificate } from './enrollment.ts';
import { Provisioning } from './provisioning.ts';
import { serverOf, type SecurityAccount } from './security-account.ts';
import { inconsistency } from './server-accounts.ts';
import { replaceObjects } from './write.ts';

/** What a bootstrap needs. */
export interface BootstrapSessionOptions {
  /** That of the bootstrap server. */
  readonly account: SecurityAccount;
  readonly device: Device;
  /** Undefined: the server knows it by the proven identity. */
  readonly endpointName: string | undefined;
  /** Called once. */
  readonly createTransport: () => DatagramTransport;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The common name of a certificate that is asked for before, by EST; undefined: none is. */
  readonly enrollsAs: string | undefined;
  /** Whether a Bootstrap-Pack is asked for before (LwM2M 1.2). */
  readonly asksForPack: boolean;
  /** How long the bootstrap server may say nothing before it is done, in milliseconds. */
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * One bootstrap (TS Core §6.1): asks the bootstrap server, and does what it wants until its Bootstrap-Finish. One that fails leaves the
 * tree as it was. Nobody but that server is served.
 */
export class BootstrapSession {
  readonly #options: BootstrapSessionOptions;
  readonly #link: ServerLink;
  readonly #provisioning: Provisioning;
  readonly #interface: BootstrapInterface;
  readonly #done = Promise.withResolvers<undefined>();
  /** Ends the wait for the next request, or the time in which the answer to the last one may be asked for again. */
  #timer: Timer | undefined;
  #state: 'open' | 'finished' | 'closed' = 'open';
  #certificate: OwnCertificate | undefined;

  constructor(options: BootstrapSessionOptions) {
    const { account, device, createTransport, clock, random, onError } = options;
    this.#options = options;
    this.#provisioning = new Provisioning(device.tree);
    this.#interface = new BootstrapInterface(
      device,
      this.#provisioning,
      () => {
        this.#complete();
      },
      () => {
        this.#finished();
      },
    );
    this.#link = new ServerLink({
      server: serverOf(account),
      createTransport,
      isReplaceable: false,
      clock,
      random,
      onRequest: (request) => {
        if (this.#state !== 'open') return answerQuietly(device.tree, () => refuse());
        this.#expectMore();
        return this.#interface.answer(request);
      },
      onClosed: () => {
        this.#fail('the bootstrap server has ended the association');
      },
      onError,
    });
    // Nobody may be waiting when it fails before the request has been answered.
    this.#done.promise.catch(() => undefined);
  }

  /**
   * Resolves when the device has what it needs, which is consistent. Rejects with `ERR_LWM2M_CLIENT_BOOTSTRAP`, the message, `responseCode` and
   * `cause` saying why; and with `ERR_LWM2M_CLIENT_STOPPED` when closed meanwhile. To be called once.
   */
  async run(): Promise<void> {
    try {
      await this.#link.open();
      await this.#enroll();
      if (!(await this.#takePack())) {
        // The Finish counts, whether its request has been answered or not.
        await Promise.race([this.#request(), this.#done.promise]);
        await this.#done.promise;
      }
      this.#provisioning.accept();
      this.#linger();
    } catch (error) {
      const isClosed = this.#isClosed();
      this.#provisioning.undo();
      await this.close();
      if (isClosed)
        throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STOPPED', 'stopped while bootstrapping', { cause: error });
      throw error;
    }
  }

  /** Ends it without a word. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#fail('the bootstrap is over');
    this.#state = 'closed';
    this.#timer?.cancel();
    await this.#link.close();
  }

  async #enroll(): Promise<void> {
    const { enrollsAs } = this.#options;
    if (enrollsAs === undefined) return;
    try {
      this.#certificate = await enroll(enrollsAs, (request) => this.#link.request(request));
    } catch (error) {
      throw failedBecause('the bootstrap server gave no certificate', error);
    }
  }

  #complete(): void {
    if (this.#certificate !== undefined)
      completeAccounts(this.#options.device.tree, this.#provisioning, this.#certificate);
  }

  /** Whether the server has given everything at once, and it is consistent. */
  async #takePack(): Promise<boolean> {
    const { asksForPack, device, endpointName } = this.#options;
    const request = asksForPack ? bootstrapPackRequest(endpointName, device.contentFormats) : undefined;
    if (request === undefined) return false;
    const response = await this.#ask(request);
    // TS Core 1.2 §6.1.7.7: one that has none for this device may have a bootstrap.
    if (response.code !== Code.CONTENT) return false;
    try {
      const { tree } = device;
      const { node } = decodePayload(response.payload, response.contentFormat ?? -1, ROOT_PATH, tree.definitions);
      replaceObjects(tree, this.#provisioning, node);
      this.#complete();
      const problem = inconsistency(tree);
      if (problem === undefined) {
        this.#state = 'finished';
        return true;
      }
      this.#options.onError(bootstrapError(`the Bootstrap-Pack is inconsistent: ${problem}`));
    } catch (error) {
      this.#options.onError(failedBecause('the Bootstrap-Pack can not be taken', error));
    }
    this.#provisioning.undo();
    return false;
  }

  async #request(): Promise<void> {
    const { endpointName, device } = this.#options;
    const response = await this.#ask(bootstrapRequest(endpointName, device.lwm2mVersion, device.contentFormats));
    const { code, payload } = response;
    if (code !== Code.CHANGED) {
      const text = `the bootstrap server answered ${formatCode(code)} ${new TextDecoder().decode(payload)}`;
      throw bootstrapError(text.trimEnd(), { responseCode: code });
    }
    if (this.#state === 'open') this.#expectMore();
  }

  async #ask(request: CoapRequest): Promise<CoapResponse> {
    try {
      return await this.#link.request(request);
    } catch (error) {
      throw failedBecause('the bootstrap server can not be asked', error);
    }
  }

  /** Waits for the next request of the server. */
  #expectMore(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(this.#options.timeoutMs, () => {
      this.#fail('the bootstrap server did not finish');
    });
  }

  #finished(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finished';
    this.#timer?.cancel();
    this.#done.resolve(undefined);
  }

  #fail(reason: string): void {
    if (this.#state === 'open') this.#done.reject(bootstrapError(reason));
  }

  /** The server may have missed the answer to its Finish. */
  #linger(): void {
    if (this.#isClosed()) return;
    this.#timer = this.#options.clock.schedule(limits.bootstrapLingerMs, () => {
      this.close().catch(this.#options.onError);
    });
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

function refuse(): never {
  throw unauthorized();
}

function bootstrapError(
  message: string,
  options?: { readonly responseCode?: number; readonly cause?: unknown },
): Lwm2mClientError {
  return new Lwm2mClientError('ERR_LWM2M_CLIENT_BOOTSTRAP', message, options);
}

/** The message says why as well: it is what applications print. */
function failedBecause(message: string, cause: unknown): Lwm2mClientError {
  return bootstrapError(`${message}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
