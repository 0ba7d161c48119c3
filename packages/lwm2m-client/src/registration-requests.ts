import { Code, formatCode, type CoapRequest, type CoapResponse } from '@flownexus/coap';
import { ContentFormat, formatLinkFormat } from '@flownexus/lwm2m-core';
import { Lwm2mClientError } from './errors.ts';

const encoder = new TextEncoder();

/** A Register request with Zephyr's order of parameters (TS Core §6.2.1). */
export function registerRequest(registration: {
  readonly endpointName: string;
  readonly lifetime: number;
  readonly lwm2mVersion: string;
  readonly instancePaths: readonly string[];
}): CoapRequest {
  const { endpointName, lifetime, lwm2mVersion, instancePaths } = registration;
  return {
    method: Code.POST,
    path: ['rd'],
    query: [`lwm2m=${lwm2mVersion}`, `ep=${endpointName}`, `lt=${lifetime}`, 'b=U'],
    ...objectList(instancePaths),
  };
}

/** An Update (TS Core §6.2.2): with the complete object list when that has changed, otherwise without a word. */
export function updateRequest(location: readonly string[], instancePaths?: readonly string[]): CoapRequest {
  const request = { method: Code.POST, path: location };
  return instancePaths === undefined ? request : { ...request, ...objectList(instancePaths) };
}

function objectList(instancePaths: readonly string[]): Pick<CoapRequest, 'contentFormat' | 'payload'> {
  const links = [
    { target: '/', attributes: { ct: String(ContentFormat.SENML_CBOR) } },
    // The Security Object is never listed (TS Core §6.2.1).
    ...instancePaths.filter((path) => !path.startsWith('/0/')).map((target) => ({ target, attributes: {} })),
  ];
  return { contentFormat: ContentFormat.LINK_FORMAT, payload: encoder.encode(formatLinkFormat(links)) };
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
