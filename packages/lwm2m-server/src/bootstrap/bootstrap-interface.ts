import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { BootstrapPackDelivery } from '../api/bootstrap.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { answerRequest, whenAnswered, type RefusalContext } from '../registration/answer-request.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import { askedEndpointName } from '../registration/registration-parameters.ts';
import type { Admission } from '../security/admission.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import { encodePack } from './bootstrap-pack.ts';
import { parseBootstrapRequest, parsePackRequest } from './bootstrap-parameters.ts';
import type { BootstrapSessions } from './bootstrap-sessions.ts';
import type { BootstrapStore } from './bootstrap-store.ts';
import { checkBootstrapConfiguration, checkEncodable } from './check-configuration.ts';
import { formatOfWrites } from './session-state.ts';

export interface BootstrapInterfaceOptions {
  readonly configurations: BootstrapStore;
  /** Whether packs are given. */
  readonly pack: boolean;
  readonly sessions: BootstrapSessions;
  readonly admission: Pick<Admission, 'admitAnd'>;
  readonly objects: ObjectRegistry;
  readonly refusals: RefusalContext;
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
  readonly packSent: (delivery: BootstrapPackDelivery) => void;
}

/**
 * The bootstrap interface (TS Core §6.1.7): Bootstrap-Request and Bootstrap-Pack-Request. Who may be which endpoint is asked as at a Register. What is refused leaves
 * nothing behind; a session begins when the 2.04 has left.
 */
export class BootstrapInterface {
  readonly #options: BootstrapInterfaceOptions;
  #requests = 0;

  constructor(options: BootstrapInterfaceOptions) {
    this.#options = options;
  }

  /** Answers a request for `/bs` or `/bspack`. `coap` is the endpoint that it came in at. */
  handle(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    if (request.path.length > 1) return { code: Code.NOT_FOUND };
    const isPack = request.path[0] === 'bspack';
    if (request.method !== (isPack ? Code.GET : Code.POST)) return { code: Code.METHOD_NOT_ALLOWED };
    const operation = isPack ? 'bootstrapPack' : 'bootstrap';
    const asked = { operation, request, endpointName: () => askedEndpointName(request.query) } as const;
    return answerRequest(asked, this.#options.refusals, () =>
      isPack ? this.#pack(request, coap) : this.#request(request, coap),
    );
  }

  #request(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    const { peer } = request;
    const { sessions } = this.#options;
    const order = ++this.#requests;
    const { endpointName: asked, contentFormat } = parseBootstrapRequest(request.query);
    return this.#configured(request, coap, asked, REQUEST_CODES, (endpointName, configuration) => {
      if (sessions.isOutdated(endpointName, order)) throw unavailable('the device has asked again meanwhile');
      this.#checkEncodable(endpointName, configuration, contentFormat);
      if (!sessions.reserve(endpointName)) throw unavailable('the server has no place for more bootstrap sessions');
      return {
        code: Code.CHANGED,
        afterSent: () => sessions.begin({ endpointName, order, configuration, contentFormat, peer, coap }),
        onUnsent: () => sessions.release(),
      };
    });
  }

  #pack(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    const { pack, objects, packSent } = this.#options;
    if (!pack) throw new RefusalError(Code.NOT_IMPLEMENTED, 'this server gives no packs');
    const { peer } = request;
    const { endpointName: asked, accounts } = parsePackRequest(request.query);
    return this.#configured(request, coap, asked, PACK_CODES, (endpointName, configuration) => {
      const encoded = encodePack(configuration, { accept: request.accept, accounts }, objects);
      const delivery: BootstrapPackDelivery = {
        endpointName,
        address: { host: peer.host, port: peer.port },
        identity: peer.identity,
        contentFormat: encoded.contentFormat,
      };
      return { code: Code.CONTENT, ...encoded, ...whenAnswered(() => packSent(delivery)) };
    });
  }

  /** Calls `next` with the endpoint that the sender may be and with what it is given. */
  #configured(
    request: IncomingRequest,
    coap: CoapClient,
    asked: string | undefined,
    codes: RefusalCodes,
    next: (endpointName: string, configuration: BootstrapConfiguration) => CoapReply,
  ): MaybePromise<CoapReply> {
    const { admission, proverOf } = this.#options;
    const found = guarded(
      () =>
        admission.admitAnd('bootstrap', request.peer, asked, proverOf(coap), (endpointName) =>
          andThen(this.#configurationOf(endpointName), (configuration) => ({ endpointName, configuration })),
        ),
      (error) => {
        throw inCode(error, codes.forbidden);
      },
    );
    return andThen(found, ({ endpointName, configuration }) => {
      if (configuration !== undefined) return next(endpointName, configuration);
      throw new RefusalError(codes.unknown, 'there is no bootstrap configuration for this endpoint', { endpointName });
    });
  }

  /** Nothing is deleted where not everything can be written in the format that the device is to get, with the types that its Objects have. */
  #checkEncodable(endpointName: string, configuration: BootstrapConfiguration, preferred: number | undefined): void {
    const { objects, refusals } = this.#options;
    try {
      checkEncodable(configuration, formatOfWrites(configuration, preferred), objects);
    } catch (error) {
      refusals.reportError(error, `the bootstrap configuration of ${endpointName} can not be written`);
      throw unavailable();
    }
  }

  #configurationOf(endpointName: string): MaybePromise<BootstrapConfiguration | undefined> {
    const { configurations, refusals } = this.#options;
    return guarded(
      () =>
        andThen(configurations.get(endpointName), (configuration) => {
          if (configuration !== undefined) checkBootstrapConfiguration(configuration);
          return configuration;
        }),
      (error) => {
        refusals.reportError(error, `the bootstrap configuration of ${endpointName} could not be had`);
        throw unavailable();
      },
    );
  }
}

/** The codes for who may not be who it says, and for who has no configuration. */
interface RefusalCodes {
  readonly forbidden: number;
  readonly unknown: number;
}

/** TS Transport §6.4.2: a Bootstrap-Request has 4.00, and 4.15 for `pct`. */
const REQUEST_CODES: RefusalCodes = { forbidden: Code.BAD_REQUEST, unknown: Code.BAD_REQUEST };
/** TS Transport 1.2 §6.4.2: 4.05 says that the device is not to have it in this way. */
const PACK_CODES: RefusalCodes = { forbidden: Code.METHOD_NOT_ALLOWED, unknown: Code.NOT_FOUND };

/** A refusal as the tables of the operation have it: none has 4.03. */
function inCode(error: unknown, forbidden: number): unknown {
  if (!(error instanceof RefusalError) || error.responseCode !== Code.FORBIDDEN) return error;
  const { endpointName, retryAfter } = error;
  return new RefusalError(forbidden, error.message, {
    retryAfter,
    ...(endpointName === undefined ? {} : { endpointName }),
  });
}
