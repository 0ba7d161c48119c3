import { Code, CoapError, formatCode, type CoapRequest, type CoapResponse, type RequestOptions } from '@flownexus/coap';
import type { Clock, Peer } from '@flownexus/datagram';
import {
  ContentFormat,
  encodePayload,
  parseLinkFormat,
  parsePath,
  type Link,
  type ObjectRegistry,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';
import type { BootstrapSessionStep } from '../api/bootstrap.ts';
import { impliedContentFormat } from '../downlink/accept.ts';
import { decodeContent, rejection } from '../downlink/answer.ts';
import { uriPath } from '../downlink/target.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import type { BootstrapStep } from './bootstrap-plan.ts';
import type { SessionInput } from './session-state.ts';

/** The device that a session is with. */
export interface BootstrapTarget {
  readonly peer: Peer;
  readonly coap: Pick<CoapClient, 'request'>;
}

export interface BootstrapExchangeContext {
  readonly objects: ObjectRegistry;
  readonly clock: Clock;
}

/** How a step ended: for the log of the session, and for its state. */
export interface StepOutcome {
  readonly log: BootstrapSessionStep;
  readonly input: SessionInput;
}

/** Sends the request of one step (TS Transport §6.4.2) and reads the answer. Never rejects for what a device does. */
export async function exchangeStep(
  { peer, coap }: BootstrapTarget,
  step: BootstrapStep,
  contentFormat: number,
  context: BootstrapExchangeContext,
  options: RequestOptions,
): Promise<StepOutcome> {
  const { operation, path } = step;
  const begunAt = context.clock.now();
  const about = { operation, path, ...(operation === 'write' ? { contentFormat } : {}) };
  const took = (): Pick<BootstrapSessionStep, 'durationMs'> => ({ durationMs: context.clock.now() - begunAt });
  let response: CoapResponse;
  try {
    response = await coap.request(peer, requestOf(step, contentFormat, context), options);
  } catch (error) {
    const reason = reasonOf(error);
    return {
      log: { ...about, responseCode: undefined, diagnostic: reason, ...took() },
      input: { kind: 'unanswered', reason },
    };
  }
  const responseCode = formatCode(response.code);
  const diagnostic = rejection(response)?.diagnostic;
  const content = response.code === Code.CONTENT ? contentOf(step, response, contentFormat, context) : {};
  return {
    log: { ...about, responseCode, diagnostic, ...content, ...took() },
    input: { kind: 'answered', responseCode, diagnostic, links: content.links },
  };
}

function requestOf(step: BootstrapStep, contentFormat: number, { objects }: BootstrapExchangeContext): CoapRequest {
  // There is no root path below which a device has its Objects in bootstrap (TS Core §6.1.7).
  const path = step.operation === 'finish' ? ['bs'] : uriPath('/', parsePath(step.path));
  switch (step.operation) {
    case 'discover':
      return { method: Code.GET, path, accept: ContentFormat.LINK_FORMAT };
    case 'read':
      return { method: Code.GET, path, accept: contentFormat };
    case 'delete':
      return { method: Code.DELETE, path };
    case 'write':
      return {
        method: Code.PUT,
        path,
        contentFormat,
        payload: encodePayload(step.instance, contentFormat, step.path, objects),
      };
    case 'finish':
      return { method: Code.POST, path };
  }
}

interface StepContent {
  readonly links?: readonly Link[];
  readonly records?: readonly ResourceRecord[];
  readonly diagnostic?: string;
}

/** What does not decode harms only itself. */
function contentOf(
  { operation, path: text }: BootstrapStep,
  response: CoapResponse,
  contentFormat: number,
  context: BootstrapExchangeContext,
): StepContent {
  const path = parsePath(operation === 'finish' ? '/' : text);
  try {
    if (operation === 'discover') return { links: parseLinkFormat(response.payload) };
    if (operation !== 'read') return {};
    const format = response.contentFormat ?? impliedContentFormat(contentFormat, path);
    const { records } = decodeContent({ ...response, contentFormat: format }, format, path, NO_REGISTRATION, context);
    return { records };
  } catch (error) {
    return { diagnostic: reasonOf(error) };
  }
}

const NO_REGISTRATION = { objectVersions: new Map<number, string>(), rootPath: '/' };

function reasonOf(error: unknown): string {
  if (error instanceof CoapError && error.code === 'ERR_COAP_TIMEOUT') return 'the device did not answer in time';
  if (error instanceof CoapError || error instanceof Lwm2mServerError) return error.message;
  return error instanceof Error ? error.message : 'unknown';
}
