import express from 'express';
import {
  coap,
  coaps,
  Lwm2mBootstrapServer,
  MemoryBootstrapStore,
  type BootstrapConfiguration,
  type ServerAddress,
} from '@flownexus/lwm2m-server';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { leshanBootstrapRouter } from '../../src/leshan/leshan-bootstrap-router.ts';
import type { LeshanBootstrapConfigurations, LeshanBootstrapOptions } from '../../src/leshan/options.ts';
import type { Answer } from '../support/test-http.ts';
import { answerOthers, call, EventReader, ListedCredentials, registry } from './leshan-host.ts';

const LOOPBACK = '127.0.0.1';

/** The store of the library as the surface wants it. */
class Configurations implements LeshanBootstrapConfigurations {
  readonly store = new MemoryBootstrapStore();

  list(): { endpointName: string; configuration: BootstrapConfiguration }[] {
    return this.store.list().flatMap((endpointName) => {
      const configuration = this.store.get(endpointName);
      return configuration === undefined ? [] : [{ endpointName, configuration }];
    });
  }

  set(endpointName: string, configuration: BootstrapConfiguration): void {
    this.store.set(endpointName, configuration);
  }

  remove(endpointName: string): boolean {
    return this.store.delete(endpointName);
  }
}

/** A bootstrap server with its surface, on free ports of the loopback: CoAP first, then CoAP over DTLS. */
export class BootstrapHost {
  readonly server: Lwm2mBootstrapServer;
  readonly configurations: Configurations;
  readonly credentials: ListedCredentials;
  readonly url: string;

  private constructor(parts: Pick<BootstrapHost, 'server' | 'configurations' | 'credentials' | 'url'>) {
    this.server = parts.server;
    this.configurations = parts.configurations;
    this.credentials = parts.credentials;
    this.url = parts.url;
  }

  static async start(options: Partial<LeshanBootstrapOptions> = {}): Promise<BootstrapHost> {
    const credentials = new ListedCredentials();
    const configurations = new Configurations();
    const at = { host: LOOPBACK, port: 0 };
    const server = new Lwm2mBootstrapServer({
      endpoints: [coap(at), coaps({ ...at, credentials })],
      credentials,
      objects: registry,
      configurations: configurations.store,
    });
    await server.start();
    onTestFinished(() => server.stop());
    const app = express();
    const log = pino({ level: 'silent' });
    app.use('/api', leshanBootstrapRouter({ server, configurations, credentials, log, ...options }));
    app.use(answerOthers);
    const http = await startHttpServer(app, LOOPBACK, 0);
    onTestFinished(() => http.stop());
    return new BootstrapHost({ server, configurations, credentials, url: http.url });
  }

  /** Where it listens for `coap` or `coaps`. */
  address(scheme: 'coap' | 'coaps'): ServerAddress {
    const address = this.server.addresses.find((candidate) => candidate.scheme === scheme);
    if (address === undefined) throw new Error(`it does not listen for ${scheme}`);
    return address;
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.url, method, path, body);
  }

  events(query = ''): Promise<EventReader> {
    return EventReader.open(this.url, query);
  }
}
