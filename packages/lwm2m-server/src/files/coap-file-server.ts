import type { CoapStatistics } from '@flownexus/coap';
import type { Lwm2mServerOptions } from '../api/options.ts';
import type { ServerAddress } from '../api/server-endpoint.ts';
import { CoapEndpoints } from '../composition/coap-endpoints.ts';
import { credentialsOf } from '../composition/credentials-of.ts';
import { Lifecycle } from '../composition/lifecycle.ts';
import { Runtime } from '../composition/runtime.ts';
import { ServedResources } from '../composition/served-resources.ts';
import type { CoapFiles } from './coap-files.ts';

export interface CoapFileServerOptions extends Pick<
  Lwm2mServerOptions,
  'endpoints' | 'credentials' | 'peerSettings' | 'coapLimits' | 'echo' | 'onError' | 'clock' | 'random'
> {
  /** What it serves; each has a path of its own, else `TypeError`. They may be those of other servers as well. */
  readonly files: CoapFiles | readonly CoapFiles[];
}

/**
 * Serves files, and nothing else, on endpoints of its own: so that downloads have their own port, process or machine. Devices that prove who they are do
 * it as at an `Lwm2mServer`, with the same credentials.
 *
 * @example
 * const files = new CoapFiles();
 * const fileServer = new CoapFileServer({ endpoints: [coap({ port: 5693 }), coaps({ port: 5694, credentials })], files });
 * await fileServer.start();
 */
export class CoapFileServer {
  readonly #endpoints: CoapEndpoints;
  readonly #runtime: Runtime;
  readonly #lifecycle = new Lifecycle();

  /** @throws TypeError for two files with one path */
  constructor(options: CoapFileServerOptions) {
    const { clock, random, stopped, report } = (this.#runtime = new Runtime(options));
    const resources = new ServedResources({
      resources: [options.files].flat(),
      credentials: credentialsOf(options),
      proverOf: (coap) => this.#endpoints.proverOf(coap),
    });
    this.#endpoints = new CoapEndpoints(
      { options, clock, random, stopped, report, table: { byPeer: () => undefined } },
      (request, coap) => resources.handle(request, coap),
    );
  }

  /** The addresses that it listens on, in the order of its endpoints; empty while it does not run. */
  get addresses(): readonly ServerAddress[] {
    return this.#endpoints.addresses;
  }

  /** What the CoAP engines have counted, and what they hold. */
  get statistics(): CoapStatistics {
    return this.#endpoints.statistics;
  }

  /** Opens the endpoints; a server starts once. Rejects when one can't be opened (`TransportError`), with none left open. */
  async start(): Promise<void> {
    await this.#lifecycle.start(async () => {
      try {
        await this.#endpoints.open(() => undefined);
      } catch (error) {
        this.#runtime.abort();
        throw error;
      }
    });
  }

  /** Closes the endpoints. Downloads end where they are. */
  async stop(): Promise<void> {
    await this.#lifecycle.stop(() => {
      this.#runtime.abort();
      return this.#endpoints.close();
    });
  }
}
