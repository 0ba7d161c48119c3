import type { EnrollmentAnswer, EstOptions } from '@flownexus/lwm2m-server';
import type { Authority } from './authority.ts';
import { RequestRefusedError } from './certification-request.ts';
import type { Issuer } from './issuer.ts';

/** Who issues certificates in the table when a device has asked for it. */
const ISSUED_BY = 'EST';

/** Certificates for devices that have proven who they are to the bootstrap server (EST over CoAPS, RFC 9148). */
export function estOptions(authority: Authority, issuer: Issuer): EstOptions {
  return {
    authorities: authority.certificates,
    sign: async ({ endpointName, certificationRequest }): Promise<EnrollmentAnswer> => {
      const request = Uint8Array.from(certificationRequest);
      try {
        const { der } = await issuer.issue({ endpoint: endpointName, request, days: undefined, issuedBy: ISSUED_BY });
        return { certificate: der };
      } catch (error) {
        if (!(error instanceof RequestRefusedError)) throw error;
        return { reason: error.message };
      }
    },
  };
}
