import { type IncomingRequest, Code } from '@flownexus/coap';
import { ContentFormat, type Link, type ObjectList } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { linksOf, objectListOf, sameObjectList } from './object-lists.ts';
import type { Profiles } from './profiles.ts';
import { badRequest, RefusalError } from './refusal-error.ts';
import type { Registration } from './registration.ts';
import { parseRegistrationParameters } from './registration-parameters.ts';

/** What of a request the registration interface reads. */
export type RegistrationRequest = Pick<IncomingRequest, 'query' | 'contentFormat' | 'payload'> & {
  readonly peer: Pick<IncomingRequest['peer'], 'host' | 'port' | 'identity'>;
};

/** A Register before it is known who sent it. */
export interface RequestedRegistration extends Pick<
  Registration,
  | 'lifetime'
  | 'lwm2mVersion'
  | 'bindingMode'
  | 'queueMode'
  | 'smsNumber'
  | 'profileIds'
  | 'additionalParameters'
  | 'address'
  | 'identity'
> {
  /** Undefined when the client leaves it to its identity who it is. */
  readonly endpointName: string | undefined;
  /**
   * The object list of the endpoint: what its profiles stand for may depend on who it is.
   *
   * @throws RefusalError 4.00 or 4.09
   */
  readonly listOf: (endpointName: string) => ObjectList;
}

/** TS 1.0 §5.3.1: the lifetime of a client that states none. */
const DEFAULT_LIFETIME = 86_400;
const DEFAULT_VERSION = '1.0';
const DEFAULT_BINDING = 'U';
const NO_PROFILES: readonly string[] = Object.freeze([]);

/**
 * Reads a Register (TS Core §6.2.1).
 *
 * @throws RefusalError with the code to answer: 4.00, 4.12 or 4.15
 */
export function parseRegister(request: RegistrationRequest, profiles: Profiles): RequestedRegistration {
  const parameters = parseRegistrationParameters(request.query);
  // LwM2M 1.0 clients may leave both out; an absent version can only be 1.0.
  const lwm2mVersion = parameters.lwm2mVersion ?? DEFAULT_VERSION;
  const lifetime = parameters.lifetime ?? (lwm2mVersion === DEFAULT_VERSION ? DEFAULT_LIFETIME : undefined);
  if (lifetime === undefined) throw badRequest('lt is missing');
  const payload = payloadOf(request);
  return {
    endpointName: parameters.endpointName,
    lifetime,
    lwm2mVersion,
    bindingMode: parameters.bindingMode ?? DEFAULT_BINDING,
    queueMode: parameters.queueMode,
    smsNumber: parameters.smsNumber,
    profileIds: parameters.profileIds ?? NO_PROFILES,
    listOf: listReader(payload, parameters.profileIds, lwm2mVersion, profiles),
    additionalParameters: parameters.additional,
    address: addressOf(request),
    identity: request.peer.identity,
  };
}

/** The registration of an endpoint that registers now. */
export function toRegistration(
  requested: RequestedRegistration,
  list: ObjectList,
  given: Pick<Registration, 'endpointName' | 'registrationId' | 'registeredAt'>,
): Registration {
  // One literal with all fields: an object that is put together of parts takes more memory, and there are many of these.
  return {
    endpointName: given.endpointName,
    registrationId: given.registrationId,
    lifetime: requested.lifetime,
    lwm2mVersion: requested.lwm2mVersion,
    bindingMode: requested.bindingMode,
    queueMode: requested.queueMode,
    smsNumber: requested.smsNumber,
    rootPath: list.rootPath,
    contentFormats: list.contentFormats,
    links: list.links,
    objectVersions: list.objectVersions,
    instances: list.instances,
    profileIds: requested.profileIds,
    additionalParameters: requested.additionalParameters,
    address: requested.address,
    identity: requested.identity,
    registeredAt: given.registeredAt,
    updatedAt: given.registeredAt,
  };
}

/**
 * Reads an Update (TS Core §6.2.2) and applies it: what the request doesn't mention stays, and an object list, when
 * there is one, is the complete list, but for what the profiles that are named with it stand for.
 *
 * @throws RefusalError with the code to answer: 4.00, 4.09, 4.12 or 4.15
 */
export function applyUpdate(
  previous: Registration,
  request: RegistrationRequest,
  updatedAt: number,
  profiles: Profiles,
): Registration {
  const parameters = parseRegistrationParameters(request.query);
  if (parameters.endpointName !== undefined && parameters.endpointName !== previous.endpointName) {
    throw badRequest('ep is not that of the registration');
  }
  let list: ObjectList = previous;
  let { profileIds } = previous;
  if (request.payload.length > 0 || isOther(parameters.profileIds, profileIds)) {
    const payload = payloadOf(request, ContentFormat.TEXT);
    profileIds = parameters.profileIds ?? NO_PROFILES;
    const next = listReader(payload, parameters.profileIds, previous.lwm2mVersion, profiles)(previous.endpointName);
    // What is the same stays the same value: whoever keeps to it sees at once that nothing has changed.
    if (!sameObjectList(previous, next)) list = next;
  }
  // A new `b` restates queue mode as well (in 1.0 it is part of b); without b a lone Q only turns it on.
  const queueMode = parameters.queueMode || (parameters.bindingMode === undefined && previous.queueMode);
  return {
    endpointName: previous.endpointName,
    registrationId: previous.registrationId,
    lifetime: parameters.lifetime ?? previous.lifetime,
    lwm2mVersion: previous.lwm2mVersion,
    bindingMode: parameters.bindingMode ?? previous.bindingMode,
    queueMode,
    smsNumber: parameters.smsNumber ?? previous.smsNumber,
    rootPath: list.rootPath,
    contentFormats: list.contentFormats,
    links: list.links,
    objectVersions: list.objectVersions,
    instances: list.instances,
    profileIds,
    additionalParameters: mergeAdditional(previous.additionalParameters, parameters.additional),
    address: isSameAddress(previous.address, request) ? previous.address : addressOf(request),
    identity: request.peer.identity,
    registeredAt: previous.registeredAt,
    updatedAt,
  };
}

/** The bytes of the object list, which are checked as far as they can be without it being known who sent them. */
function payloadOf(request: RegistrationRequest, mislabelled?: number): Uint8Array {
  // Wakaama sends the list of its Updates without a Content-Format, and in blocks with that of text from the second
  // block on: it can only be link-format.
  const { contentFormat = ContentFormat.LINK_FORMAT } = request;
  if (contentFormat !== ContentFormat.LINK_FORMAT && contentFormat !== mislabelled) {
    throw new RefusalError(Code.UNSUPPORTED_CONTENT_FORMAT, 'the object list is application/link-format (40)');
  }
  return request.payload;
}

/** @throws RefusalError 4.00 for a payload that is no object list */
function listReader(
  payload: Uint8Array,
  profileIds: readonly string[] | undefined,
  lwm2mVersion: string,
  profiles: Profiles,
): (endpointName: string) => ObjectList {
  const notEmpty = (list: ObjectList): ObjectList => {
    if (list.links.length === 0) throw badRequest('the object list is empty');
    return list;
  };
  if (profileIds === undefined) {
    const list = notEmpty(objectListOf(payload, lwm2mVersion));
    return () => list;
  }
  const own: readonly Link[] = linksOf(payload);
  return (endpointName) => notEmpty(profiles.resolve(endpointName, profileIds, own, lwm2mVersion));
}

function isOther(profileIds: readonly string[] | undefined, previous: readonly string[]): boolean {
  return profileIds !== undefined && profileIds.join(' ') !== previous.join(' ');
}

function mergeAdditional(
  previous: Registration['additionalParameters'],
  next: Registration['additionalParameters'],
): Registration['additionalParameters'] {
  const names = Object.keys(next);
  if (names.length === 0) return previous;
  const merged = Object.fromEntries([...Object.entries(previous), ...Object.entries(next)]);
  if (Object.keys(merged).length > limits.maxAdditionalParameters) throw badRequest('too many unknown parameters');
  return Object.freeze(merged);
}

function isSameAddress({ host, port }: Registration['address'], { peer }: RegistrationRequest): boolean {
  return host === peer.host && port === peer.port;
}

function addressOf(request: RegistrationRequest): Registration['address'] {
  return { host: request.peer.host, port: request.peer.port };
}
