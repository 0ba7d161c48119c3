import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { ROOT_PATH } from '@flownexus/lwm2m-core';
import type { SendReport } from '../api/observation.ts';
import type { UplinkHandlers } from '../api/options.ts';
import type { Rules } from '../api/rules.ts';
import type { DecodedContent, DecodingContext } from '../downlink/answer.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { answerRequest, whenAnswered, type RefusalContext } from '../registration/answer-request.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';
import type { CoapClient, RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { askRule } from '../security/ask-rule.ts';
import { filterValues } from './filter-values.ts';
import { findSender, type SenderContext } from './find-sender.ts';
import { parseSend } from './send-request.ts';

export interface SendInterfaceOptions extends SenderContext, DecodingContext, RefusalContext {
  readonly handlers: Pick<UplinkHandlers, 'onSend'>;
  readonly rules: Pick<Rules, 'authorize' | 'filterValues'>;
  /** A Send came from the peer that the endpoint registered as: it is awake. Called when the answer has left. */
  heard(endpoint: RegisteredEndpoint): void;
  /** Values are safe. Called when the answer has left. */
  reported(report: SendReport): void;
}

/**
 * The Send operation (TS Core §6.4.7, since LwM2M 1.1): values that a device reports by itself, with its own times. The 2.04 leaves when `onSend` has
 * resolved; a handler that rejects is answered 5.03, so that the device can send again. A Send that comes again while the handler runs, or after it,
 * is a duplicate for the CoAP engine. Non-confirmable ones (LwM2M 1.2) are answered too.
 */
export class SendInterface {
  readonly #options: SendInterfaceOptions;

  constructor(options: SendInterfaceOptions) {
    this.#options = options;
  }

  /** Answers a request for `/dp`. `coap` is the endpoint that it came in at. */
  handle(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    if (request.path.length > 1) return { code: Code.NOT_FOUND };
    if (request.method !== Code.POST) return { code: Code.METHOD_NOT_ALLOWED };
    let sender: RegisteredEndpoint | undefined;
    const asked = {
      operation: 'send' as const,
      request,
      endpointName: () => sender?.endpointName,
    };
    return answerRequest(
      asked,
      this.#refusals(() => sender, request),
      () =>
        andThen(this.#sender(request, coap), (endpoint) => {
          sender = endpoint;
          return this.#take(endpoint, request);
        }),
    );
  }

  #take(endpoint: RegisteredEndpoint, request: IncomingRequest): MaybePromise<CoapReply> {
    const { registration, endpointName } = endpoint;
    const { peer } = request;
    const asked = {
      operation: 'send' as const,
      endpointName,
      identity: peer.identity,
      address: { host: peer.host, port: peer.port },
      registration,
    };
    return andThen(askRule(this.#options.rules, asked, this.#options.reportError), () => {
      const content = this.#filtered(endpoint, parseSend(request, registration, this.#options), request.payload.length);
      const answer = (report: SendReport | undefined): CoapReply => ({
        code: Code.CHANGED,
        ...whenAnswered(() => {
          this.#heard(endpoint, request);
          if (report !== undefined) this.#options.reported(report);
        }),
      });
      if (content === undefined) return answer(undefined); // nothing is left for anybody
      const report = { registration, ...content, receivedAt: this.#options.clock.wallTime() };
      return andThen(this.#store(report), () => answer(report));
    });
  }

  #sender(request: IncomingRequest, coap: CoapClient): MaybePromise<RegisteredEndpoint> {
    return guarded(
      () => findSender(request.peer, coap, this.#options),
      (error) => {
        if (error instanceof RefusalError) throw error;
        this.#options.reportError(error, `the credentials could not be asked about ${request.peer.host}`);
        throw unavailable();
      },
    );
  }

  #filtered(endpoint: RegisteredEndpoint, content: DecodedContent, payloadLength: number): DecodedContent | undefined {
    const { registration } = endpoint;
    const definitions = this.#options.objects.forVersions(registration.objectVersions);
    const values = { registration, source: 'send', content, path: ROOT_PATH, definitions, payloadLength } as const;
    try {
      return filterValues(this.#options.rules, values);
    } catch (error) {
      this.#options.reportError(error, `filterValues failed for a Send of ${endpoint.endpointName}`);
      throw unavailable();
    }
  }

  #store(report: SendReport): MaybePromise<void> {
    return guarded(
      () => this.#options.handlers.onSend?.(report),
      (error) => {
        this.#options.reportError(error, `onSend failed for ${report.registration.endpointName}`);
        throw unavailable();
      },
    );
  }

  /** What was refused was heard all the same. */
  #refusals(sender: () => RegisteredEndpoint | undefined, request: IncomingRequest): RefusalContext {
    return {
      reportError: this.#options.reportError,
      refused: (refusal) => {
        const endpoint = sender();
        if (endpoint !== undefined) this.#heard(endpoint, request);
        this.#options.refused(refusal);
      },
    };
  }

  /** Requests go to the peer that the endpoint registered as: another one tells nothing of whether that is awake. */
  #heard(endpoint: RegisteredEndpoint, request: IncomingRequest): void {
    if (!endpoint.ended && endpoint.peer.key === request.peer.key) this.#options.heard(endpoint);
  }
}
