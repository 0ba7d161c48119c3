import type { CoapObservation, Observer } from '@flownexus/coap';
import {
  formatPath,
  pathLevel,
  type AttributeChanges,
  type NotificationAttributeName,
  type NotificationAttributes,
} from '@flownexus/lwm2m-core';
import { withAcceptFallback } from '../downlink/accept.ts';
import { inExchange, type DecodingContext } from '../downlink/answer.ts';
import { answerFormatFor, compositeAccept, encodePathListUnless } from '../downlink/composite.ts';
import { withFormatFallback } from '../downlink/format-fallback.ts';
import { acceptOf } from '../downlink/read.ts';
import { noteRefused } from '../downlink/refused-formats.ts';
import { performWriteAttributes } from '../downlink/write-attributes.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { observationRequest, takesAttributes, type ObservationForm } from './observation-request.ts';
import type { ObservationTarget, ObservationTerms } from './observation-target.ts';

/** An observation as the device was asked for it. */
export interface AskedObservation {
  readonly observation: CoapObservation;
  readonly form: ObservationForm;
}

/** Who observes: it is made for each request, since another format may be asked for in a second one. */
export type ObserverOf = (form: ObservationForm) => Observer;

/**
 * Asks a device to observe; in a second request without Accept, or of a composite in another format, when it does not have the format.
 *
 * Rejects with `Lwm2mServerError` when there is no answer; whatever the device answers is an answer. RangeError, TypeError and `Lwm2mError` are for
 * what has no form.
 */
export async function askToObserve(
  endpoint: RegisteredEndpoint,
  target: ObservationTarget,
  terms: ObservationTerms,
  observerOf: ObserverOf,
  signal: AbortSignal,
): Promise<AskedObservation> {
  const { attributes } = terms;
  const ask = async (accept: number | undefined, contentFormat: number | undefined): Promise<AskedObservation> => {
    const form = { attributes, accept, contentFormat };
    const request = observationRequest(target, form, endpoint.registration);
    return { form, observation: await endpoint.coap.observe(endpoint.peer, request, observerOf(form), { signal }) };
  };
  const exchange = target.composite ? askComposite : askSingle;
  return inExchange(endpoint.endpointName, () => exchange(endpoint, target, terms, ask));
}

type Ask = (accept: number | undefined, contentFormat: number | undefined) => Promise<AskedObservation>;

async function askSingle(
  endpoint: RegisteredEndpoint,
  _target: ObservationTarget,
  { accept: wanted }: ObservationTerms,
  ask: Ask,
): Promise<AskedObservation> {
  const asked = acceptOf(endpoint, wanted === undefined ? {} : { accept: wanted });
  const { result, accept } = await withAcceptFallback(asked, (accept) => ask(accept, undefined), responseOf);
  // That it observes without Accept shows that the format was what it refused.
  const refused = accept !== asked && asked !== undefined && wanted === undefined && result.observation.active;
  if (refused) noteRefused(endpoint, 'read', asked);
  return result;
}

async function askComposite(
  endpoint: RegisteredEndpoint,
  { paths }: ObservationTarget,
  { accept, contentFormat }: ObservationTerms,
  ask: Ask,
): Promise<AskedObservation> {
  if (contentFormat === undefined) {
    const { result } = await withFormatFallback(
      endpoint,
      'composite',
      (refused) => encodePathListUnless(refused, paths, endpoint.registration),
      (encoded) => ask(compositeAccept(accept, encoded.contentFormat), encoded.contentFormat),
      responseOf,
    );
    return result;
  }
  const asked = compositeAccept(accept, contentFormat);
  return (await withAcceptFallback(asked, (wanted) => ask(wanted, contentFormat), responseOf)).result;
}

function responseOf({ observation }: AskedObservation): CoapObservation['response'] {
  return observation.response;
}

/** The format of a notification that does not say its own (against RFC 7252 §5.5.1); undefined when nothing is known. */
export function impliedFormatOf({ accept, contentFormat }: ObservationForm): number | undefined {
  return accept ?? (contentFormat === undefined ? undefined : answerFormatFor(contentFormat));
}

/**
 * Attaches attributes to the observed paths of a device that takes none with its Observe (before LwM2M 1.2), by Write-Attributes; those that were
 * attached before and are not wanted any more are unset. Nothing is sent to other devices, or where there is nothing to change.
 *
 * @returns why the device did not take them; undefined when it did
 * @throws Lwm2mServerError when there is no answer; as a rejection
 */
export async function attachAttributes(
  endpoint: RegisteredEndpoint,
  { paths, name }: ObservationTarget,
  wanted: NotificationAttributes | undefined,
  attached: NotificationAttributes | undefined,
  context: DecodingContext,
  signal: AbortSignal,
): Promise<Lwm2mServerError | undefined> {
  if (takesAttributes(endpoint.registration.lwm2mVersion)) return undefined;
  const attributes = changesBetween(attached, wanted);
  if (Object.keys(attributes).length === 0) return undefined;
  for (const path of paths) {
    if (pathLevel(path) === 0) continue; // attributes belong to an Object at least
    try {
      const operation = { kind: 'writeAttributes', path: formatPath(path), attributes } as const;
      await performWriteAttributes(endpoint, operation, context, { signal });
    } catch (cause) {
      if (!isAnswer(cause)) throw cause;
      const message = `${name} is observed without attributes: ${cause.message}`;
      return new Lwm2mServerError('ERR_LWM2M_SERVER_ATTRIBUTES', message, { cause });
    }
  }
  return undefined;
}

function isAnswer(error: unknown): error is Lwm2mServerError {
  if (!(error instanceof Lwm2mServerError)) return false;
  return error.code === 'ERR_LWM2M_SERVER_REJECTED' || error.code === 'ERR_LWM2M_SERVER_RESPONSE';
}

function changesBetween(
  from: NotificationAttributes | undefined,
  to: NotificationAttributes | undefined,
): AttributeChanges {
  const changes: { -readonly [Name in NotificationAttributeName]?: NotificationAttributes[Name] | null } = {};
  const unset = Object.entries(from ?? {}).filter(([, value]) => value !== undefined);
  for (const [name] of unset) changes[name as NotificationAttributeName] = null;
  return Object.assign(changes, to);
}
