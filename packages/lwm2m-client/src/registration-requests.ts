import { Code, formatCode, OptionNumber, stringOptions, type CoapRequest, type CoapResponse } from '@flownexus/coap';
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
  const links = [
    { target: '/', attributes: { ct: String(ContentFormat.SENML_CBOR) } },
    // The Security Object is never listed (TS Core §6.2.1).
    ...instancePaths.filter((path) => !path.startsWith('/0/')).map((target) => ({ target, attributes: {} })),
  ];
  return {
    method: Code.POST,
    path: ['rd'],
    query: [`lwm2m=${lwm2mVersion}`, `ep=${endpointName}`, `lt=${lifetime}`, 'b=U'],
    contentFormat: ContentFormat.LINK_FORMAT,
    payload: encoder.encode(formatLinkFormat(links)),
  };
}

/** An Update that only says that the client is still there (TS Core §6.2.2). */
export function updateRequest(location: readonly string[]): CoapRequest {
  return { method: Code.POST, path: location };
}

/** A De-register (TS Core §6.2.3). */
export function deregisterRequest(location: readonly string[]): CoapRequest {
  return { method: Code.DELETE, path: location };
}

/** The Location of an accepted Register; throws `ERR_LWM2M_CLIENT_REFUSED` for any other answer. */
export function registrationLocation(response: CoapResponse): readonly string[] {
  const location = stringOptions(response.options, OptionNumber.LOCATION_PATH);
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
