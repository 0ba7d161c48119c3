import { Code, type IncomingRequest } from '@flownexus/coap';
import { ContentFormat, Lwm2mError, parseLinkFormat, readObjectList, type ObjectList } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { RefusalError } from './refusal-error.ts';
import type { Registration } from './registration.ts';
import { parseRegistrationParameters } from './registration-parameters.ts';

/** What of a request the registration interface reads. */
export type RegistrationRequest = Pick<IncomingRequest, 'query' | 'contentFormat' | 'payload'> & {
  readonly peer: Pick<IncomingRequest['peer'], 'host' | 'port' | 'identity'>;
};

/** A Registration without what the server itself gives it. */
export interface RequestedRegistration extends Omit<
  Registration,
  'registrationId' | 'registeredAt' | 'updatedAt' | 'endpointName'
> {
  /** Undefined when the client leaves it to its identity who it is. */
  readonly endpointName: string | undefined;
}

/** TS 1.0 §5.3.1: the lifetime of a client that states none. */
const DEFAULT_LIFETIME = 86_400;
const DEFAULT_VERSION = '1.0';
const DEFAULT_BINDING = 'U';

/**
 * Reads a Register (TS Core §6.2.1).
 *
 * @throws RefusalError with the code to answer: 4.00, 4.09, 4.12 or 4.15
 */
export function parseRegister(request: RegistrationRequest): RequestedRegistration {
  const parameters = parseRegistrationParameters(request.query);
  // LwM2M 1.0 clients may leave both out; an absent version can only be 1.0.
  const lwm2mVersion = parameters.lwm2mVersion ?? DEFAULT_VERSION;
  const lifetime = parameters.lifetime ?? (lwm2mVersion === DEFAULT_VERSION ? DEFAULT_LIFETIME : undefined);
  if (lifetime === undefined) throw badRequest('lt is missing');
  const list = parseObjectList(request, lwm2mVersion);
  if (list.links.length === 0) {
    // TS Core 1.2 §6.2.1: the list may come from a profile, but none is known here.
    if (parameters.profileId !== undefined) {
      throw new RefusalError(Code.CONFLICT, 'the profile is not known: register with the object list');
    }
    throw badRequest('the object list is empty');
  }
  return {
    endpointName: parameters.endpointName,
    lifetime,
    lwm2mVersion,
    bindingMode: parameters.bindingMode ?? DEFAULT_BINDING,
    queueMode: parameters.queueMode,
    smsNumber: parameters.smsNumber,
    ...list,
    additionalParameters: parameters.additional,
    address: addressOf(request),
    identity: request.peer.identity,
  };
}

/**
 * Reads an Update (TS Core §6.2.2) and applies it: what the request doesn't mention stays, and an object list, when
 * there is one, is the complete list.
 *
 * @throws RefusalError with the code to answer: 4.00, 4.12 or 4.15
 */
export function applyUpdate(previous: Registration, request: RegistrationRequest, updatedAt: number): Registration {
  const parameters = parseRegistrationParameters(request.query);
  if (parameters.endpointName !== undefined && parameters.endpointName !== previous.endpointName) {
    throw badRequest('ep is not that of the registration');
  }
  let list: ObjectList = previous;
  if (request.payload.length > 0) {
    list = parseObjectList(request, previous.lwm2mVersion, ContentFormat.TEXT);
    if (list.links.length === 0) throw badRequest('the object list is empty');
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
    additionalParameters: mergeAdditional(previous.additionalParameters, parameters.additional),
    address: addressOf(request),
    identity: request.peer.identity,
    registeredAt: previous.registeredAt,
    updatedAt,
  };
}

function parseObjectList(request: RegistrationRequest, lwm2mVersion: string, mislabelled?: number): ObjectList {
  // Wakaama sends the list of its Updates without a Content-Format, and in blocks with that of text from the second
  // block on: it can only be link-format.
  const { contentFormat = ContentFormat.LINK_FORMAT } = request;
  if (contentFormat !== ContentFormat.LINK_FORMAT && contentFormat !== mislabelled) {
    throw new RefusalError(Code.UNSUPPORTED_CONTENT_FORMAT, 'the object list is application/link-format (40)');
  }
  try {
    const links = parseLinkFormat(request.payload);
    if (links.length > limits.maxLinks) throw badRequest('the object list has too many links');
    return readObjectList(links, lwm2mVersion);
  } catch (error) {
    if (error instanceof Lwm2mError) throw badRequest(`the object list does not parse: ${error.message}`);
    throw error;
  }
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

function addressOf(request: RegistrationRequest): Registration['address'] {
  return { host: request.peer.host, port: request.peer.port };
}

function badRequest(reason: string): RefusalError {
  return new RefusalError(Code.BAD_REQUEST, reason);
}
