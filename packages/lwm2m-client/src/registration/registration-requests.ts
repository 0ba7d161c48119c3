import { Code, formatCode, type CoapRequest, type CoapResponse } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { Lwm2mClientError } from '../errors.ts';

const encoder = new TextEncoder();

/** What a server is told of the device, and an Update tells again when it has changed. */
export interface RegistrationFacts {
  /** Seconds. */
  readonly lifetime: number;
  /** The letters of the binding mode without `Q`. */
  readonly binding: string;
  readonly queueMode: boolean;
  /** All of it, in link format. */
  readonly objectList: string;
}

/** What a Register tells beside that (TS Core §6.2.1). */
export interface RegisterParameters {
  /** Undefined: the server knows it by the identity that the device proves (since LwM2M 1.1). */
  readonly endpointName: string | undefined;
  readonly lwm2mVersion: string;
  readonly smsNumber: string | undefined;
  /** Profile IDs (LwM2M 1.2). */
  readonly profileIds: readonly string[];
  /** With Profile IDs: what is listed beside them. */
  readonly listedObjects: string;
  /** Further items of the query. */
  readonly parameters: readonly string[];
}

/** A Register request with Zephyr's order of parameters. */
export function registerRequest(facts: RegistrationFacts, parameters: RegisterParameters): CoapRequest {
  const { endpointName, lwm2mVersion, smsNumber, profileIds, listedObjects } = parameters;
  const [profileId] = profileIds;
  return {
    method: Code.POST,
    path: ['rd'],
    query: [
      `lwm2m=${lwm2mVersion}`,
      ...(endpointName === undefined ? [] : [`ep=${endpointName}`]),
      `lt=${facts.lifetime}`,
      ...bindingItems(facts, lwm2mVersion),
      ...(smsNumber === undefined ? [] : [`sms=${smsNumber}`]),
      ...(profileId === undefined ? [] : [`pid=${profileIds.length === 1 ? profileId : `"${profileIds.join(' ')}"`}`]),
      ...parameters.parameters,
    ],
    ...listPayload(profileId === undefined ? facts.objectList : listedObjects),
  };
}

/**
 * An Update (TS Core §6.2.2) of what is different from what the server knows: the complete object list when that has changed,
 * otherwise without a word.
 */
export function updateRequest(
  location: readonly string[],
  facts: RegistrationFacts,
  known: RegistrationFacts,
  lwm2mVersion: string,
): CoapRequest {
  const hasBinding = facts.binding !== known.binding || facts.queueMode !== known.queueMode;
  const query = [
    ...(facts.lifetime === known.lifetime ? [] : [`lt=${facts.lifetime}`]),
    ...(hasBinding ? bindingItems(facts, lwm2mVersion) : []),
  ];
  const payload = facts.objectList === known.objectList ? {} : listPayload(facts.objectList);
  return { method: Code.POST, path: location, query, ...payload };
}

/** LwM2M 1.0 has queue mode among the letters, later versions as a parameter without a value. */
function bindingItems({ binding, queueMode }: RegistrationFacts, lwm2mVersion: string): readonly string[] {
  if (!queueMode) return [`b=${binding}`];
  return lwm2mVersion === '1.0' ? [`b=${binding}Q`] : [`b=${binding}`, 'Q'];
}

function listPayload(list: string): Pick<CoapRequest, 'contentFormat' | 'payload'> {
  if (list === '') return {}; // all is in the profile
  return { contentFormat: ContentFormat.LINK_FORMAT, payload: encoder.encode(list) };
}

/** A De-register (TS Core §6.2.3). */
export function deregisterRequest(location: readonly string[]): CoapRequest {
  return { method: Code.DELETE, path: location };
}

/** The Location of an accepted Register; throws `ERR_LWM2M_CLIENT_REFUSED` for any other answer. */
export function registrationLocation(response: CoapResponse): readonly string[] {
  const location = response.locationPath;
  if (response.code === Code.CREATED && location.length > 0) return location;
  const diagnostic = new TextDecoder().decode(response.payload);
  const reason = response.code === Code.CREATED ? 'no Location' : diagnostic;
  throw new Lwm2mClientError(
    'ERR_LWM2M_CLIENT_REFUSED',
    `registration answered ${formatCode(response.code)} ${reason}`.trimEnd(),
    {
      responseCode: response.code,
    },
  );
}
