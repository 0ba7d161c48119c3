import type { PeerIdentity } from '@flownexus/datagram';
import {
  BOOLEAN,
  byKind,
  byName,
  listOf,
  NUMBER,
  objectOf,
  TEXT,
  UINT16,
  wrongJson,
  type Form,
} from '../downlink/json-form.ts';
import { BYTES } from '../downlink/node-form.ts';
import { Lwm2mServerError } from '../errors.ts';
import { formatObjectList, objectListOf } from './object-lists.ts';
import { RefusalError } from './refusal-error.ts';
import type { Registration } from './registration.ts';

/** A registration as its text has it: what follows from the links is not in it, and what is mostly empty is left out. */
interface RegistrationForm {
  readonly endpointName: string;
  readonly registrationId: string;
  readonly lifetime: number;
  readonly lwm2mVersion: string;
  readonly bindingMode: string;
  readonly queueMode: boolean;
  /** In link format. */
  readonly objectList: string;
  readonly address: Registration['address'];
  readonly identity: IdentityForm;
  readonly registeredAt: number;
  readonly updatedAt: number;
  readonly smsNumber?: string;
  readonly profileIds?: readonly string[];
  readonly additionalParameters?: Readonly<Record<string, string>>;
}

type IdentityForm =
  | Exclude<PeerIdentity, { readonly kind: 'x509' }>
  | { readonly kind: 'x509'; readonly certificate: Uint8Array; readonly commonName?: string };

const IDENTITY: Form<IdentityForm> = byKind<IdentityForm>({
  anonymous: objectOf({}),
  psk: objectOf({ identity: TEXT }),
  x509: objectOf({ certificate: BYTES }, { commonName: TEXT }),
  rpk: objectOf({ publicKey: BYTES }),
});

const REGISTRATION: Form<RegistrationForm> = objectOf<RegistrationForm>(
  {
    endpointName: TEXT,
    registrationId: TEXT,
    lifetime: NUMBER,
    lwm2mVersion: TEXT,
    bindingMode: TEXT,
    queueMode: BOOLEAN,
    objectList: TEXT,
    address: objectOf({ host: TEXT, port: UINT16 }),
    identity: IDENTITY,
    registeredAt: NUMBER,
    updatedAt: NUMBER,
  },
  { smsNumber: TEXT, profileIds: listOf(TEXT), additionalParameters: byName(TEXT) },
);

/**
 * The text of a registration, for stores: JSON, with the object list in link format. `parseRegistration` gives the same registration again.
 *
 * @example
 * row.registration = formatRegistration(registration);
 * const same = parseRegistration(row.registration);
 */
export function formatRegistration(registration: Registration): string {
  const { smsNumber, profileIds, additionalParameters } = registration;
  const form: RegistrationForm = {
    endpointName: registration.endpointName,
    registrationId: registration.registrationId,
    lifetime: registration.lifetime,
    lwm2mVersion: registration.lwm2mVersion,
    bindingMode: registration.bindingMode,
    queueMode: registration.queueMode,
    objectList: formatObjectList(registration),
    address: registration.address,
    identity: identityForm(registration.identity),
    registeredAt: registration.registeredAt,
    updatedAt: registration.updatedAt,
    ...(smsNumber === undefined ? {} : { smsNumber }),
    ...(profileIds.length === 0 ? {} : { profileIds }),
    ...(Object.keys(additionalParameters).length === 0 ? {} : { additionalParameters }),
  };
  return JSON.stringify(REGISTRATION.format(form));
}

/**
 * Reads a registration from its text. Those with the same object list have it in common.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_REGISTRATION` for any text that is none
 */
export function parseRegistration(text: string): Registration {
  try {
    const form = REGISTRATION.parse(parseJson(text), '');
    const { rootPath, contentFormats, links, objectVersions, instances } = objectListOf(
      new TextEncoder().encode(form.objectList),
      form.lwm2mVersion,
    );
    return {
      endpointName: form.endpointName,
      registrationId: form.registrationId,
      lifetime: form.lifetime,
      lwm2mVersion: form.lwm2mVersion,
      bindingMode: form.bindingMode,
      queueMode: form.queueMode,
      smsNumber: form.smsNumber,
      rootPath,
      contentFormats,
      links,
      objectVersions,
      instances,
      profileIds: form.profileIds ?? [],
      additionalParameters: { ...form.additionalParameters },
      address: form.address,
      identity: identityOf(form.identity),
      registeredAt: form.registeredAt,
      updatedAt: form.updatedAt,
    };
  } catch (error) {
    if (!(error instanceof Lwm2mServerError || error instanceof RefusalError)) throw error;
    throw new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION', `the text is no registration: ${error.message}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrongJson('JSON', '');
  }
}

function identityForm(identity: PeerIdentity): IdentityForm {
  if (identity.kind !== 'x509') return identity;
  const { kind, certificate, commonName } = identity;
  return { kind, certificate, ...(commonName === undefined ? {} : { commonName }) };
}

function identityOf(form: IdentityForm): PeerIdentity {
  return form.kind === 'x509' ? { ...form, commonName: form.commonName } : form;
}
