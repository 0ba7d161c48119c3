import type { MaybePromise } from '../maybe-promise.ts';
import type { ProvenIdentity } from '../security/device-credential.ts';

/** An authority that signs what devices ask for (EST over CoAP and DTLS, RFC 9148). */
export interface EstOptions {
  /** The certificates of the authority, DER, the one that signs first: what `/crts` gives. */
  readonly authorities: readonly Uint8Array[];
  /**
   * Makes the certificate of a device. That the request is signed with the key that it is for, and what stands in the certificate, is for this function to see to. What it throws or
   * rejects with is answered 5.03, and goes to `onError`.
   */
  sign(request: EnrollmentRequest): MaybePromise<EnrollmentAnswer>;
}

/** A device asks for a certificate. */
export interface EnrollmentRequest {
  /** `reenroll`: in the place of one that it has (`/sren`). */
  readonly operation: 'enroll' | 'reenroll';
  /** Whom its identity belongs to. */
  readonly endpointName: string;
  readonly identity: ProvenIdentity;
  /** DER of the CertificationRequest (PKCS #10, RFC 2986). It comes from the device, and may be anything. */
  readonly certificationRequest: Uint8Array;
}

/** The certificate, DER; or why there is none. With `retryAfter`, in seconds, the device is to ask again (5.03), else it is refused (4.03). */
export type EnrollmentAnswer =
  { readonly certificate: Uint8Array } | { readonly reason: string; readonly retryAfter?: number };

/** A device was given a certificate. */
export interface Enrollment {
  readonly operation: EnrollmentRequest['operation'];
  readonly endpointName: string;
  readonly address: { readonly host: string; readonly port: number };
  /** What it has proven when it asked. */
  readonly identity: ProvenIdentity;
  /** DER. */
  readonly certificate: Uint8Array;
}
