import { linkToJson, type LinkJson } from '@flownexus/lwm2m-core/node-json';
import type { Registration } from '@flownexus/lwm2m-server';
import { formatHost } from '../http/http-server.ts';

/** A registration as a Leshan server shows it. Times are in milliseconds since 1970, the lifetime is in seconds. */
export interface RegistrationJson {
  readonly endpoint: string;
  readonly registrationId: string;
  readonly registrationDate: number;
  readonly lastUpdate: number;
  readonly address: string;
  readonly smsNumber?: string;
  readonly lwM2mVersion: string;
  readonly lifetime: number;
  readonly bindingMode: string;
  readonly rootPath: string;
  readonly objectLinks: readonly LinkJson[];
  readonly secure: boolean;
  readonly additionalRegistrationAttributes: Readonly<Record<string, string>>;
  readonly queuemode: boolean;
  readonly availableInstances: Readonly<Record<string, readonly number[]>>;
  /** Only in queue mode. */
  readonly sleeping?: boolean;
}

/** The JSON of a registration, whose endpoint is asleep or not. */
export function registrationToJson(registration: Registration, sleeping: boolean): RegistrationJson {
  const { smsNumber, queueMode, instances } = registration;
  return {
    endpoint: registration.endpointName,
    registrationId: registration.registrationId,
    registrationDate: registration.registeredAt,
    lastUpdate: registration.updatedAt,
    address: addressOf(registration),
    ...(smsNumber === undefined ? {} : { smsNumber }),
    lwM2mVersion: registration.lwm2mVersion,
    lifetime: registration.lifetime,
    bindingMode: bindingModeOf(registration),
    rootPath: registration.rootPath,
    objectLinks: linksOf(registration),
    secure: isSecure(registration),
    additionalRegistrationAttributes: registration.additionalParameters,
    queuemode: queueMode,
    availableInstances: Object.fromEntries([...instances].filter(([, ids]) => ids.length > 0)),
    ...(queueMode ? { sleeping } : {}),
  };
}

/** What an Update changed, as the event UPDATED has it. */
export interface UpdateJson {
  readonly registrationId: string;
  readonly address: string;
  readonly smsNumber?: string;
  readonly lifetime?: number;
  readonly alternatePath?: string;
  readonly objectLinks?: readonly LinkJson[];
  readonly secure: boolean;
  readonly additionalAttributes: Readonly<Record<string, string>>;
}

/** The JSON of an Update: what is another than before. */
export function updateToJson(registration: Registration, previous: Registration): UpdateJson {
  const { registrationId, smsNumber, lifetime, links, rootPath, additionalParameters } = registration;
  const added = Object.entries(additionalParameters).filter(
    ([name, value]) => previous.additionalParameters[name] !== value,
  );
  return {
    registrationId,
    address: addressOf(registration),
    ...(smsNumber === undefined || smsNumber === previous.smsNumber ? {} : { smsNumber }),
    ...(lifetime === previous.lifetime ? {} : { lifetime }),
    ...(links === previous.links ? {} : { alternatePath: rootPath, objectLinks: linksOf(registration) }),
    secure: isSecure(registration),
    additionalAttributes: Object.fromEntries(added),
  };
}

function addressOf({ address: { host, port } }: Registration): string {
  return `${formatHost(host)}:${String(port)}`;
}

function isSecure({ identity }: Registration): boolean {
  return identity.kind !== 'anonymous';
}

/** LwM2M 1.0 has queue mode in its binding: `UQ`, `UQS`. */
function bindingModeOf({ lwm2mVersion, queueMode, bindingMode }: Registration): string {
  return lwm2mVersion === '1.0' && queueMode ? bindingMode.replace(/^(.)/, '$1Q') : bindingMode;
}

/** The link of the root comes first, as devices send it, if it said anything. */
function linksOf({ rootPath, contentFormats, links }: Registration): LinkJson[] {
  const base = rootPath === '/' ? '' : rootPath;
  const own = links.map(({ path, attributes }) => linkToJson({ target: `${base}${path}`, attributes }));
  if (rootPath === '/' && contentFormats.length === 0) return own;
  const ct = contentFormats.length === 0 ? {} : { ct: contentFormats.join(' ') };
  return [linkToJson({ target: rootPath, attributes: { rt: 'oma.lwm2m', ...ct } }), ...own];
}
