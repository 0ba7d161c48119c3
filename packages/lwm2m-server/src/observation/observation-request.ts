import { Code, type CoapRequest } from '@flownexus/coap';
import { encodePathList, formatAttributes, type NotificationAttributes } from '@flownexus/lwm2m-core';
import { uriPath } from '../downlink/target.ts';
import type { Registration } from '../registration/registration.ts';
import type { ObservationTarget } from './observation-target.ts';

/** What an Observe was asked with, once it is decided. */
export interface ObservationForm {
  readonly attributes: NotificationAttributes | undefined;
  readonly accept: number | undefined;
  /** Of the list of paths of a composite; undefined for a single path. */
  readonly contentFormat: number | undefined;
}

/**
 * The request of an Observe (TS Core §6.4.1), or of an Observe-Composite (§6.4.4), which goes to the root with the list of paths as its payload. The
 * same target and form make the same request, so that a cancellation after a restart fits (RFC 7641 §3.6).
 *
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for a format that holds no list of paths
 * @throws RangeError for attributes that have no form
 */
export function observationRequest(
  { path, paths, composite }: ObservationTarget,
  { attributes, accept, contentFormat }: ObservationForm,
  { rootPath, lwm2mVersion }: Pick<Registration, 'rootPath' | 'lwm2mVersion'>,
): CoapRequest {
  const query = attributes !== undefined && takesAttributes(lwm2mVersion) ? formatAttributes(attributes) : [];
  return {
    method: composite ? Code.FETCH : Code.GET,
    path: uriPath(rootPath, path),
    ...(query.length === 0 ? {} : { query }),
    ...(accept === undefined ? {} : { accept }),
    ...(contentFormat === undefined
      ? {}
      : { contentFormat, payload: encodePathList(paths, contentFormat, { rootPath }) }),
  };
}

/** Whether an Observe can carry attributes: since LwM2M 1.2 (TS Core 1.2 §6.4.1). */
export function takesAttributes(lwm2mVersion: string): boolean {
  return !/^1\.[01](?:\.|$)/.test(lwm2mVersion);
}
