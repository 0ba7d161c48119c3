import { Code, type CoapReply, type EchoOptions, type IncomingRequest } from '@flownexus/coap';
import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { BootstrapEvents, BootstrapOptions } from '../api/bootstrap.ts';
import type { Refusal } from '../api/events.ts';
import { BootstrapInterface } from '../bootstrap/bootstrap-interface.ts';
import { BootstrapSessions } from '../bootstrap/bootstrap-sessions.ts';
import { EstInterface } from '../est/est-interface.ts';
import type { EventSource } from '../events.ts';
import { limits } from '../limits.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { RefusalContext } from '../registration/answer-request.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import type { Admission } from '../security/admission.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { Counters } from '../statistics.ts';
import type { Runtime } from './runtime.ts';

/**
 * A pack is many times as large as what asks for it, and goes to whoever says to be the device: over plain CoAP the address has to be proven first (RFC 9175 §2.4).
 * Who does not know Echo takes the 4.01 for a refusal, and sends a Bootstrap-Request.
 */
export const PACK_ECHO: EchoOptions = {
  required: ({ method, path, peer }) =>
    method === Code.GET && path[0] === 'bspack' && peer.identity.kind === 'anonymous',
};

/** What bootstrapping needs of the server that it is a part of. */
export interface BootstrappingContext {
  readonly runtime: Runtime;
  readonly objects: ObjectRegistry;
  readonly admission: Admission;
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
  readonly events: Pick<EventSource<BootstrapEvents>, 'emit'>;
  /** Where sessions are counted when they are over. */
  readonly counters: Pick<Counters, 'bootstraps' | 'bootstrapFailures' | 'bootstrapPacks'>;
  readonly refused: (refusal: Refusal) => void;
}

/** The bootstrap interface of a server, and its sessions. */
export interface Bootstrapping {
  readonly sessions: BootstrapSessions;
  /** Answers what belongs to it by its path; undefined for what does not. */
  handle(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> | undefined;
}

/** @throws RangeError for a time or a bound that is none */
export function createBootstrapping(options: BootstrapOptions, context: BootstrappingContext): Bootstrapping {
  const { runtime, objects, admission, proverOf, events, counters, refused } = context;
  const { clock, timers, random, report, track } = runtime;
  const sessions = new BootstrapSessions({
    sessionTimeoutMs: positive(options.sessionTimeoutMs ?? limits.maxBootstrapSessionMs, 'sessionTimeoutMs'),
    stepTimeoutMs: positive(options.stepTimeoutMs ?? limits.maxTransmitWaitMs, 'stepTimeoutMs'),
    maxSessions: positive(options.maxSessions ?? limits.maxBootstrapSessions, 'maxSessions'),
    onInconsistent: options.onInconsistent?.bind(options),
    objects,
    clock,
    timers,
    random,
    reportError: report,
    track,
    started: (session) => events.emit('bootstrapStarted', session),
    progressed: (session) => events.emit('bootstrapProgressed', session),
    finished: (session) => {
      counters.bootstraps += 1;
      events.emit('bootstrapFinished', session);
    },
    failed: (session) => {
      counters.bootstrapFailures += 1;
      events.emit('bootstrapFailed', session);
    },
  });
  const refusals: RefusalContext = { reportError: report, refused };
  const requests = new BootstrapInterface({
    configurations: options.configurations,
    pack: options.pack ?? true,
    sessions,
    admission,
    objects,
    refusals,
    proverOf,
    packSent: (delivery) => {
      counters.bootstrapPacks += 1;
      events.emit('bootstrapPackSent', delivery);
    },
  });
  const est =
    options.est &&
    new EstInterface({
      est: options.est,
      admission,
      refusals,
      proverOf,
      enrolled: (enrollment) => events.emit('enrolled', enrollment),
    });
  return {
    sessions,
    handle: (request, coap) => {
      const [first, second] = request.path;
      if (first === 'bs' || first === 'bspack') return requests.handle(request, coap);
      return first === '.well-known' && second === 'est' ? est?.handle(request, coap) : undefined;
    },
  };
}

function positive(value: number, name: string): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`${name} is greater than 0, not ${value}`);
}
