import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import type { BootstrapStore } from './bootstrap-store.ts';
import { checkBootstrapConfiguration } from './check-configuration.ts';

/**
 * Bootstrap configurations in memory, one for each endpoint.
 *
 * @example
 * const configurations = new MemoryBootstrapStore();
 * configurations.set('urn:imei:123456789012345', { instances: serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1' }) });
 */
export class MemoryBootstrapStore implements BootstrapStore {
  readonly #byEndpoint = new Map<string, BootstrapConfiguration>();

  /**
   * Gives an endpoint its configuration, in place of the one that it had.
   *
   * @throws RangeError, or DecodeError for a path that is none, when it can not be written; TypeError where something is missing
   */
  set(endpointName: string, configuration: BootstrapConfiguration): void {
    checkBootstrapConfiguration(configuration);
    this.#byEndpoint.set(endpointName, configuration);
  }

  /** Takes the configuration of an endpoint away. False when it had none. */
  delete(endpointName: string): boolean {
    return this.#byEndpoint.delete(endpointName);
  }

  get(endpointName: string): BootstrapConfiguration | undefined {
    return this.#byEndpoint.get(endpointName);
  }

  /** The names of the endpoints that have one, in the order of the alphabet. */
  list(): readonly string[] {
    return [...this.#byEndpoint.keys()].sort();
  }
}
