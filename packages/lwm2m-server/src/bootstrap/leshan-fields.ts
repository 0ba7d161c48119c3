import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { BOOLEAN, TEXT, wrongJson, type Form } from '../downlink/json-form.ts';

/** A field of the JSON that Leshan has for an Object Instance, and the Resource that it stands for. */
export interface LeshanField {
  readonly name: string;
  readonly resourceId: number;
  readonly type: ResourceType;
  /** Of the value; of the values by their ids for a multiple Resource. */
  readonly form: Form<ResourceValue>;
  /** The value of a field that is absent, as Leshan has it: a mandatory Resource. Undefined: without the field there is no Resource. */
  readonly absent?: ResourceValue;
  /** How several values are written. Undefined: there is one. */
  readonly multiple?: 'list' | 'byId';
}

/** The field of the whole that has the Object Instances of an Object, by their ids. */
export interface LeshanSection {
  readonly name: string;
  readonly objectId: number;
  readonly fields: readonly LeshanField[];
}

const INTEGER: Form<ResourceValue> = {
  format: (value) => (typeof value === 'bigint' ? Number(value) : value),
  parse: (json, place) => {
    if (typeof json === 'number' && Number.isSafeInteger(json)) return json;
    throw wrongJson('an integer', place);
  },
};

/** Leshan has unsigned bytes; Java programs send signed ones as well. */
const BYTES: Form<ResourceValue> = {
  format: (value) => (value instanceof Uint8Array ? [...value] : value),
  parse: (json, place) => {
    if (!Array.isArray(json)) throw wrongJson('an array of bytes', place);
    return Uint8Array.from(json, (byte: unknown, index) => {
      if (typeof byte === 'number' && Number.isInteger(byte) && byte >= -128 && byte <= 255) return byte;
      throw wrongJson('a byte', `${place}/${index}`);
    });
  },
};

/** An integer that has names; other integers are themselves. */
function named(names: Readonly<Record<string, number>>): Form<ResourceValue> {
  return {
    format: (value) =>
      Object.entries(names).find(([, number]) => number === Number(value))?.[0] ?? INTEGER.format(value),
    parse: (json, place) => {
      if (typeof json !== 'string') return INTEGER.parse(json, place);
      const number = Object.hasOwn(names, json) ? names[json] : undefined;
      if (number === undefined) throw wrongJson(`one of ${Object.keys(names).join(', ')}`, place);
      return number;
    },
  };
}

/** A link to an instance of one Object: its id. */
function linkTo(objectId: number): Form<ResourceValue> {
  return {
    format: (value) => (typeof value === 'object' && 'objectId' in value ? value.objectInstanceId : value),
    parse: (json, place) => {
      const objectInstanceId = INTEGER.parse(json, place);
      if (typeof objectInstanceId === 'number' && objectInstanceId >= 0 && objectInstanceId <= 0xffff) {
        return { objectId, objectInstanceId };
      }
      throw wrongJson('an integer from 0 to 65535', place);
    },
  };
}

const FORMS = {
  text: ['string', TEXT as Form<ResourceValue>],
  integer: ['integer', INTEGER],
  boolean: ['boolean', BOOLEAN as Form<ResourceValue>],
  bytes: ['opaque', BYTES],
} as const;

function field(name: string, resourceId: number, kind: keyof typeof FORMS): LeshanField {
  const [type, form] = FORMS[kind];
  return { name, resourceId, type, form };
}

/* prettier-ignore */
const SERVER: readonly LeshanField[] = [
  field('shortId', 0, 'integer'),
  { ...field('lifetime', 1, 'integer'), absent: 86_400 },
  field('defaultMinPeriod', 2, 'integer'),
  field('defaultMaxPeriod', 3, 'integer'),
  field('disableTimeout', 5, 'integer'),
  { ...field('notifIfDisabled', 6, 'boolean'), absent: true },
  { ...field('binding', 7, 'text'), absent: 'U' },
  { name: 'apnLink', resourceId: 10, type: 'objlnk', form: linkTo(11) },
  field('registrationPriority', 13, 'integer'),
  field('initialDelay', 14, 'integer'),
  field('registrationFailure', 15, 'boolean'),
  field('bootstrapOnRegistrationFailure', 16, 'boolean'),
  field('communicationRetryCount', 17, 'integer'),
  field('communicationRetryTimer', 18, 'integer'),
  field('sequenceDelayTimer', 19, 'integer'),
  field('sequenceRetryCount', 20, 'integer'),
  field('trigger', 21, 'boolean'),
  field('preferredTransport', 22, 'text'),
  field('muteSend', 23, 'boolean'),
];

/* prettier-ignore */
const SECURITY: readonly LeshanField[] = [
  field('uri', 0, 'text'),
  field('bootstrapServer', 1, 'boolean'),
  { name: 'securityMode', resourceId: 2, type: 'integer', form: named({ PSK: 0, RPK: 1, X509: 2, NO_SEC: 3, EST: 4 }) },
  field('publicKeyOrId', 3, 'bytes'),
  field('serverPublicKey', 4, 'bytes'),
  field('secretKey', 5, 'bytes'),
  { name: 'smsSecurityMode', resourceId: 6, type: 'integer', form: named({ DTLS: 1, SPS: 2, NO_SEC: 3 }) },
  field('smsBindingKeyParam', 7, 'bytes'),
  field('smsBindingKeySecret', 8, 'bytes'),
  field('serverSmsNumber', 9, 'text'),
  field('serverId', 10, 'integer'),
  field('clientOldOffTime', 11, 'integer'),
  field('bootstrapServerAccountTimeout', 12, 'integer'),
  { name: 'matchingType', resourceId: 13, type: 'unsignedInteger', form: named({ EXACT_MATCH: 0, SHA256: 1, SHA384: 2, SHA512: 3 }) },
  field('sni', 14, 'text'),
  { name: 'certificateUsage', resourceId: 15, type: 'unsignedInteger', form: named({ CA_CONSTRAINT: 0, SERVICE_CERTIFICATE_CONSTRAINT: 1, TRUST_ANCHOR_ASSERTION: 2, DOMAIN_ISSUER_CERTIFICATE: 3 }) },
  { name: 'cipherSuite', resourceId: 16, type: 'unsignedInteger', form: INTEGER, multiple: 'list' },
  { name: 'oscoreSecurityMode', resourceId: 17, type: 'objlnk', form: linkTo(21) },
];

/* prettier-ignore */
const OSCORE: readonly LeshanField[] = [
  field('oscoreMasterSecret', 0, 'bytes'),
  field('oscoreSenderId', 1, 'bytes'),
  field('oscoreRecipientId', 2, 'bytes'),
  field('oscoreAeadAlgorithm', 3, 'integer'),
  field('oscoreHmacAlgorithm', 4, 'integer'),
  field('oscoreMasterSalt', 5, 'bytes'),
];

/* prettier-ignore */
const ACCESS_CONTROL: readonly LeshanField[] = [
  field('objectId', 0, 'integer'),
  field('objectInstanceId', 1, 'integer'),
  { name: 'acls', resourceId: 2, type: 'integer', form: INTEGER, multiple: 'byId' },
  field('accessControlOwner', 3, 'integer'),
];

/** The Objects that Leshan's bootstrap configuration has. */
export const LESHAN_SECTIONS: readonly LeshanSection[] = [
  { name: 'servers', objectId: 1, fields: SERVER },
  { name: 'security', objectId: 0, fields: SECURITY },
  { name: 'acls', objectId: 2, fields: ACCESS_CONTROL },
  { name: 'oscore', objectId: 21, fields: OSCORE },
];
