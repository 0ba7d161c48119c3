import {
  type BootstrapConfiguration,
  type BootstrapInstance,
  checkBootstrapConfiguration,
  serverAccount,
} from '@flownexus/lwm2m-server';
import type { ResourceNode } from '@flownexus/lwm2m-core';

/** Stands for the URI of this server in a Security Object, and for the endpoint name in any text. */
const SERVER = '{server}';
const ENDPOINT = '{endpoint}';

/** Resources of the Security Object: the URI, and those of the security, which go together. */
const URI = 0;
const MODE = 2;
const SECURITY = [MODE, 3, 4, 5];
const NO_SEC = 3;

/** What a device gets to register here. */
export interface OwnAccount {
  /** Where this server is reached. Throws where that is not known. */
  readonly uri: (scheme: 'coap' | 'coaps') => string;
  readonly psk: { readonly identity: string; readonly key: Uint8Array } | undefined;
}

/** Whether a template makes an account of this server. */
export function hasOwnAccount({ instances }: BootstrapConfiguration): boolean {
  return instances.some(isOwnAccount);
}

/**
 * The configuration of one endpoint. With a PSK the accounts of this server get it; without they have the security that the template says, and none where it says
 * none.
 *
 * @throws RangeError for what can not be written to a device: a URI whose scheme does not fit the security, or text that has become too long
 */
export function expandTemplate(
  template: BootstrapConfiguration,
  endpoint: string,
  account: OwnAccount,
): BootstrapConfiguration {
  const instances = template.instances.map((instance): BootstrapInstance => {
    const resources = instance.resources.map((resource) => named(resource, endpoint));
    return { ...instance, resources: isOwnAccount(instance) ? ownAccount(resources, account) : resources };
  });
  const configuration = { ...template, instances };
  checkBootstrapConfiguration(configuration);
  return configuration;
}

function isOwnAccount({ path, resources }: BootstrapInstance): boolean {
  if (!/^\/?0(\/|$)/.test(path)) return false;
  return resources.some((resource) => resource.kind === 'singleResource' && resource.id === URI && resource.value === SERVER); // prettier-ignore
}

function ownAccount(resources: readonly ResourceNode[], { uri, psk }: OwnAccount): readonly ResourceNode[] {
  const mode = resources.find((resource) => resource.id === MODE);
  const isSecured = mode?.kind === 'singleResource' && mode.value !== NO_SEC;
  if (psk === undefined && isSecured) {
    const at = uri('coaps');
    return resources.map((resource) => (resource.id === URI ? { ...resource, value: at } : resource));
  }
  const security = psk === undefined ? ({ mode: 'noSec' } as const) : ({ mode: 'psk', ...psk } as const);
  // It checks the URI, too. The Short Server ID is the template's.
  const [made] = serverAccount({ shortServerId: 1, uri: uri(psk === undefined ? 'coap' : 'coaps'), security });
  const replaced = new Set([URI, ...SECURITY]);
  const own = made?.resources.filter(({ id }) => replaced.has(id)) ?? [];
  return [...own, ...resources.filter(({ id }) => !replaced.has(id))];
}

function named(resource: ResourceNode, endpoint: string): ResourceNode {
  if (resource.kind === 'singleResource') return { ...resource, value: namedValue(resource.value, endpoint) };
  const instances = resource.instances.map((each) => ({ ...each, value: namedValue(each.value, endpoint) }));
  return { ...resource, instances };
}

function namedValue<T>(value: T, endpoint: string): T | string {
  return typeof value === 'string' ? value.replaceAll(ENDPOINT, () => endpoint) : value;
}
