import { call, EventReader } from './leshan-host.ts';

/** What is sent for a value, and how it is called. */
type Value = readonly [value: unknown, type: 'boolean' | 'integer' | 'time' | 'opaque' | 'string'];

/** The calls of Zephyr's test suite, as its Python client makes them: anything but 2xx throws, and an empty body is null. */
export class SuiteClient {
  readonly #url: string;
  format = 'TLV';
  timeout = 10;

  constructor(url: string) {
    this.#url = url;
  }

  get #defaults(): string {
    return `timeout=${String(this.timeout)}&format=${this.format}`;
  }

  get #compositeDefaults(): string {
    return `pathformat=${this.format}&nodeformat=${this.format}&timeout=${String(this.timeout)}`;
  }

  async #call(method: string, path: string, body?: unknown, type?: string): Promise<unknown> {
    const headers = type === undefined ? {} : { 'content-type': type };
    const { status, text } = await call(this.#url, method, path, body, headers);
    if (status < 200 || status > 299) throw new Error(`${String(status)} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  securityClients(): Promise<unknown> {
    return this.#call('GET', `/security/clients?${this.#defaults}`);
  }

  registration(endpoint: string): Promise<unknown> {
    return this.#call('GET', `/clients/${endpoint}?${this.#defaults}`);
  }

  read(endpoint: string, path: string): Promise<unknown> {
    return this.#call('GET', `/clients/${endpoint}/${path}?${this.#defaults}`);
  }

  readWithoutFormat(endpoint: string, path: string): Promise<unknown> {
    return this.#call('GET', `/clients/${endpoint}/${path}?timeout=${String(this.timeout)}`);
  }

  write(endpoint: string, path: string, [value, type]: Value): Promise<unknown> {
    const segments = path.split('/');
    const kind = segments.length === 3 ? 'singleResource' : 'resourceInstance';
    const body = { id: segments.at(-1), kind, value, type };
    return this.#call('PUT', `/clients/${endpoint}/${path}?${this.#defaults}`, body);
  }

  writeInstance(endpoint: string, path: string, resources: readonly object[], replace: boolean): Promise<unknown> {
    const body = { kind: 'instance', id: Number(path.split('/').at(-1)), resources };
    return this.#call('PUT', `/clients/${endpoint}/${path}?${this.#defaults}&replace=${String(replace)}`, body);
  }

  create(endpoint: string, path: string, resources: readonly object[]): Promise<unknown> {
    const [objectId = '', id] = path.split('/');
    const body = { kind: 'instance', id: Number(id), resources };
    return this.#call('POST', `/clients/${endpoint}/${objectId}?${this.#defaults}`, body);
  }

  execute(endpoint: string, path: string): Promise<unknown> {
    return this.#call('POST', `/clients/${endpoint}/${path}`);
  }

  delete(endpoint: string, path: string): Promise<unknown> {
    return this.#call('DELETE', `/clients/${endpoint}/${path}`);
  }

  attributes(endpoint: string, path: string, query: string): Promise<unknown> {
    return this.#call('PUT', `/clients/${endpoint}/${path}/attributes?${query}`);
  }

  compositeRead(endpoint: string, paths: readonly string[]): Promise<unknown> {
    const list = encodeURIComponent(paths.map((path) => `/${path}`).join(','));
    return this.#call('GET', `/clients/${endpoint}/composite?${this.#compositeDefaults}&paths=${list}`);
  }

  compositeWrite(endpoint: string, nodes: object): Promise<unknown> {
    return this.#call('PUT', `/clients/${endpoint}/composite?${this.#compositeDefaults}`, nodes, 'application/json');
  }

  discover(endpoint: string, path: string): Promise<unknown> {
    return this.#call('GET', `/clients/${endpoint}/${path}/discover`);
  }

  observe(endpoint: string, path: string): Promise<unknown> {
    return this.#call('POST', `/clients/${endpoint}/${path}/observe?${this.#defaults}`, '""', 'application/json');
  }

  cancel(endpoint: string, path: string): Promise<unknown> {
    return this.#call('DELETE', `/clients/${endpoint}/${path}/observe?active`);
  }

  passiveCancel(endpoint: string, path: string): Promise<unknown> {
    return this.#call('DELETE', `/clients/${endpoint}/${path}/observe`);
  }

  compositeObserve(endpoint: string, paths: readonly string[]): Promise<unknown> {
    const list = paths.map((path) => `/${path}`).join(',');
    return this.#call('POST', `/clients/${endpoint}/composite/observe?${this.#compositeDefaults}&paths=${list}`);
  }

  cancelComposite(endpoint: string, paths: readonly string[]): Promise<unknown> {
    const list = paths.map((path) => `/${path}`).join(',');
    return this.#call('DELETE', `/clients/${endpoint}/composite/observe?paths=${list}&active`);
  }

  passiveCancelComposite(endpoint: string, paths: readonly string[]): Promise<unknown> {
    const list = paths.map((path) => `/${path}`).join(',');
    return this.#call('DELETE', `/clients/${endpoint}/composite/observe?paths=${list}`);
  }

  createPsk(endpoint: string, key: string): Promise<unknown> {
    const details = { identity: endpoint, key: Buffer.from(key).toString('hex') };
    return this.#call('PUT', `/security/clients/?${this.#defaults}`, { endpoint, tls: { mode: 'psk', details } });
  }

  deleteDevice(endpoint: string): Promise<unknown> {
    return this.#call('DELETE', `/security/clients/${endpoint}`);
  }

  /** Of the bootstrap server: the account of a server, of which the device proves to be the endpoint by the key. */
  createBootstrapAccount(endpoint: string, uri: string, key: string, more: object = {}): Promise<unknown> {
    const body = {
      servers: { 0: { binding: 'U', defaultMinPeriod: 1, lifetime: 86_400, notifIfDisabled: false, shortId: 1 } },
      security: {
        1: {
          bootstrapServer: false,
          clientOldOffTime: 1,
          publicKeyOrId: [...Buffer.from(endpoint)],
          secretKey: [...Buffer.from(key)],
          securityMode: 'PSK',
          serverId: 1,
          serverSmsNumber: '',
          smsBindingKeyParam: [],
          smsBindingKeySecret: [],
          smsSecurityMode: 'NO_SEC',
          uri,
          ...more,
        },
      },
      oscore: {},
      toDelete: ['/0', '/1'],
    };
    return this.#call('POST', `/bootstrap/${endpoint}?${this.#defaults}`, body);
  }

  deleteBootstrapAccount(endpoint: string): Promise<unknown> {
    return this.#call('DELETE', `/bootstrap/${endpoint}`);
  }

  events(endpoint: string): Promise<EventReader> {
    return EventReader.open(this.#url, `?${endpoint}`);
  }
}
