import { randomBytes } from 'node:crypto';
import type { BootstrapConfiguration, BootstrapStore } from '@flownexus/lwm2m-server';
import type { TemplateCredentials } from '../database/bootstrap-tables.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import { type EditableBootstrapStore, writeBootstrapConfiguration } from '../stores/bootstrap-store.ts';
import type { EditableCredentialStore } from '../stores/credential-store.ts';
import type { BootstrapTemplate, BootstrapTemplates } from './bootstrap-templates.ts';
import { expandTemplate, hasOwnAccount } from './expand-template.ts';

export interface TemplateApplierOptions {
  readonly templates: Pick<BootstrapTemplates, 'ofPrefix'>;
  /** Of the LwM2M server. */
  readonly credentials: Pick<EditableCredentialStore, 'get' | 'setAlong'>;
  readonly bootstrapCredentials: Pick<EditableCredentialStore, 'get'>;
  readonly configurations: Pick<EditableBootstrapStore, 'get' | 'set'>;
  /** Where devices reach the LwM2M server; undefined: it is not known. */
  readonly serverUri: (scheme: 'coap' | 'coaps') => string | undefined;
}

export interface Applied {
  readonly configuration: BootstrapConfiguration;
  /** Whether the endpoint had no configuration before. */
  readonly isNew: boolean;
}

/** Makes configurations of endpoints from templates. */
export class TemplateApplier {
  readonly #options: TemplateApplierOptions;
  /** Two requests of one device must not make two keys, of which the device has one and the server the other. */
  readonly #serial = new Serial();

  constructor(options: TemplateApplierOptions) {
    this.#options = options;
  }

  /**
   * Gives an endpoint the configuration that a template makes. `psk`: with a new PSK, which it has to prove to the LwM2M server from then on; the key and the
   * configuration are stored together or not at all. `keep`: with the PSK that it has, if it has one.
   *
   * Rejects with a 409 when the template makes nothing that a device can use.
   */
  apply(endpoint: string, template: BootstrapTemplate, credentials: TemplateCredentials): Promise<Applied> {
    return this.#serial.run(() => this.#apply(endpoint, template, credentials));
  }

  /** A store for the bootstrap server: an endpoint that has a credential there and no configuration gets the one of the template of its prefix. */
  serving(): BootstrapStore {
    const { configurations } = this.#options;
    return {
      get: async (endpoint) => (await configurations.get(endpoint)) ?? (await this.#serial.run(() => this.#byPrefix(endpoint))), // prettier-ignore
    };
  }

  async #byPrefix(endpoint: string): Promise<BootstrapConfiguration | undefined> {
    const { templates, configurations, bootstrapCredentials } = this.#options;
    // Who has proven nothing gets no key.
    if ((await bootstrapCredentials.get(endpoint)) === undefined) return undefined;
    // Another request of it may have come first.
    const present = await configurations.get(endpoint);
    if (present !== undefined) return present;
    const template = await templates.ofPrefix(endpoint);
    if (template === undefined) return undefined;
    return (await this.#apply(endpoint, template, template.credentials)).configuration;
  }

  async #apply(endpoint: string, template: BootstrapTemplate, credentials: TemplateCredentials): Promise<Applied> {
    const { configurations } = this.#options;
    if (credentials === 'keep') {
      const present = await this.#options.credentials.get(endpoint);
      const configuration = this.#expand(endpoint, template, present?.mode === 'psk' ? present : undefined);
      return { configuration, isNew: await configurations.set(endpoint, configuration) };
    }
    if (!hasOwnAccount(template.configuration)) {
      throw conflict('the template has no Security Object Instance with the uri {server}, which could get a key');
    }
    const psk = {
      identity: randomBytes(12).toString('base64url'),
      key: new Uint8Array(randomBytes(limits.newPskBytes)),
    };
    const configuration = this.#expand(endpoint, template, psk);
    let isNew = false;
    await this.#options.credentials.setAlong(endpoint, { mode: 'psk', ...psk }, async (trx) => {
      isNew = await writeBootstrapConfiguration(trx, endpoint, configuration);
    });
    return { configuration, isNew };
  }

  #expand(
    endpoint: string,
    { configuration, serverUri }: BootstrapTemplate,
    psk: { readonly identity: string; readonly key: Uint8Array } | undefined,
  ): BootstrapConfiguration {
    const uri = (scheme: 'coap' | 'coaps'): string => {
      const known = serverUri ?? this.#options.serverUri(scheme);
      if (known !== undefined) return known;
      throw conflict('where devices reach this server is not known: set FLOWNEXUS_PUBLIC_URL, or serverUri of the template'); // prettier-ignore
    };
    try {
      return expandTemplate(configuration, endpoint, { uri, psk });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw conflict(`the template makes what no device can use: ${error.message}`);
    }
  }
}

function conflict(message: string): ApiError {
  return new ApiError(409, 'conflict', message);
}
