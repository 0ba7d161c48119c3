import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import type { Enrollment, EnrollmentAnswer, EnrollmentRequest, EstOptions } from '../api/est.ts';
import { limits } from '../limits.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { answerRequest, whenAnswered, type RefusalContext } from '../registration/answer-request.ts';
import { badRequest, RefusalError, unavailable } from '../registration/refusal-error.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import type { Admission } from '../security/admission.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { ProvenIdentity } from '../security/device-credential.ts';
import { wholeSeconds } from '../security/ask-rule.ts';
import { encodeCertsOnly } from './certs-only.ts';

export interface EstInterfaceOptions {
  readonly est: EstOptions;
  readonly admission: Pick<Admission, 'admitAnd'>;
  readonly refusals: RefusalContext;
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
  readonly enrolled: (enrollment: Enrollment) => void;
}

/** RFC 9148 §9.1. */
const PKCS7_CERTS_ONLY = 281;
const PKCS10 = 286;
const PKIX_CERT = 287;
/** The tag that certificates and requests for them begin with (X.690 §8.9). */
const SEQUENCE = 0x30;

/** The functions of EST that are served (RFC 9148 §5.1), with their methods. What makes keys for devices (`skg`, `skc`) is not among them. */
const FUNCTIONS: ReadonlyMap<string, { readonly method: number; readonly operation?: EnrollmentRequest['operation'] }> =
  new Map([
    ['crts', { method: Code.GET }],
    ['sen', { method: Code.POST, operation: 'enroll' }],
    ['sren', { method: Code.POST, operation: 'reenroll' }],
  ]);

/**
 * EST over CoAP and DTLS (RFC 9148), for Security Objects of mode 4 (TS Transport §5.2.9): the certificates of the authority, and certificates for devices that have
 * proven who they are.
 */
export class EstInterface {
  readonly #options: EstInterfaceOptions;

  /** @throws RangeError for an authority without a certificate, or with one that is no DER */
  constructor(options: EstInterfaceOptions) {
    const { authorities } = options.est;
    if (authorities.length === 0 || !authorities.every(isDer)) {
      throw new RangeError('the authorities of EST are certificates in DER, one at least');
    }
    this.#options = options;
  }

  /** Answers a request below `/.well-known/est`. `coap` is the endpoint that it came in at. */
  handle(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    // /.well-known/est/sen, or with a label of the authority in between (RFC 9148 §5.1), of which there is one.
    const { path } = request;
    const known = path.length === 3 || path.length === 4 ? FUNCTIONS.get(path.at(-1) ?? '') : undefined;
    if (known === undefined) return { code: Code.NOT_FOUND };
    if (request.method !== known.method) return { code: Code.METHOD_NOT_ALLOWED };
    const { operation } = known;
    const asked = { operation: operation ?? 'authorities', request, endpointName: () => undefined } as const;
    return answerRequest(asked, this.#options.refusals, () => {
      const identity = provenIdentity(request.peer);
      const format = responseFormat(request.accept);
      if (operation === undefined)
        return { code: Code.CONTENT, ...this.#payload(format, this.#options.est.authorities) };
      return this.#enroll(operation, identity, format, request, coap);
    });
  }

  #enroll(
    operation: EnrollmentRequest['operation'],
    identity: ProvenIdentity,
    format: number,
    request: IncomingRequest,
    coap: CoapClient,
  ): MaybePromise<CoapReply> {
    const { admission, proverOf, enrolled } = this.#options;
    const { peer, payload: certificationRequest } = request;
    checkCertificationRequest(request);
    const signed = admission.admitAnd('bootstrap', peer, undefined, proverOf(coap), (endpointName) => {
      const asked = { operation, endpointName, identity, certificationRequest };
      return andThen(this.#sign(asked), (answer) => ({ endpointName, answer }));
    });
    return andThen(signed, ({ endpointName, answer }) => {
      if (!('certificate' in answer)) throw refusal(answer, endpointName);
      const { certificate } = answer;
      const address = { host: peer.host, port: peer.port };
      return {
        code: Code.CHANGED,
        ...this.#payload(format, [certificate]),
        ...whenAnswered(() => enrolled({ operation, endpointName, address, identity, certificate })),
      };
    });
  }

  #sign(asked: EnrollmentRequest): MaybePromise<EnrollmentAnswer> {
    return guarded(
      () => andThen(this.#options.est.sign(asked), checkAnswer),
      (error) => {
        this.#options.refusals.reportError(error, `the certificate of ${asked.endpointName} could not be signed`);
        throw unavailable();
      },
    );
  }

  /** One certificate is itself; all take a message around them. */
  #payload(
    contentFormat: number,
    certificates: readonly Uint8Array[],
  ): { readonly contentFormat: number; readonly payload: Uint8Array } {
    const [first = new Uint8Array(0), second] = certificates;
    // RFC 9148 §5.3: 287 is for one certificate.
    if (contentFormat === PKIX_CERT && second !== undefined) {
      throw new RefusalError(Code.NOT_ACCEPTABLE, `several certificates are given as ${PKCS7_CERTS_ONLY}`);
    }
    return { contentFormat, payload: contentFormat === PKIX_CERT ? first : encodeCertsOnly(certificates) };
  }
}

/** RFC 9148 §4: EST is for those who have authenticated themselves. */
function provenIdentity({ identity }: Peer): ProvenIdentity {
  if (identity.kind !== 'anonymous') return identity;
  throw new RefusalError(Code.UNAUTHORIZED, 'certificates are given over DTLS');
}

/** RFC 9148 §5.3: without Accept it is 281. */
function responseFormat(accept: number | undefined): number {
  if (accept === undefined || accept === PKCS7_CERTS_ONLY) return PKCS7_CERTS_ONLY;
  if (accept === PKIX_CERT) return PKIX_CERT;
  throw new RefusalError(Code.NOT_ACCEPTABLE, `certificates are given as ${PKCS7_CERTS_ONLY} or ${PKIX_CERT}`);
}

function checkCertificationRequest({ contentFormat, payload }: IncomingRequest): void {
  if (contentFormat !== PKCS10) {
    throw new RefusalError(Code.UNSUPPORTED_CONTENT_FORMAT, `a certification request is in ${PKCS10}`);
  }
  if (payload.length > limits.maxCertificationRequestBytes) {
    throw new RefusalError(Code.REQUEST_ENTITY_TOO_LARGE, 'the certification request is too large');
  }
  if (!isDer(payload)) throw badRequest('the payload is no certification request');
}

/**
 * Checks what the application gives: a device that takes something else for its certificate has none.
 *
 * @throws RangeError for what is no certificate and no refusal
 */
function checkAnswer(answer: EnrollmentAnswer): EnrollmentAnswer {
  if ('certificate' in answer) {
    if (isDer(answer.certificate)) return answer;
    throw new RangeError('a certificate is DER');
  }
  const retryAfter = wholeSeconds(answer.retryAfter);
  return { reason: answer.reason, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** Whether it is a SEQUENCE, as far as that shows from outside. */
function isDer(bytes: Uint8Array): boolean {
  return bytes instanceof Uint8Array && bytes[0] === SEQUENCE;
}

/** RFC 9148 §5.7: who can not be answered yet is to come again. */
function refusal(answer: Exclude<EnrollmentAnswer, { certificate: Uint8Array }>, endpointName: string): RefusalError {
  const { reason, retryAfter } = answer;
  const code = retryAfter === undefined ? Code.FORBIDDEN : Code.SERVICE_UNAVAILABLE;
  return new RefusalError(code, reason, { endpointName, retryAfter });
}
