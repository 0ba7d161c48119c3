import type { X509Trust } from '../api.ts';
import { TrustAnchors } from './trust-anchors.ts';

/**
 * What is trusted at present. Roots that a function gives are parsed again when it gives another array; when those can't be used, the ones before hold
 * and `onError` is told once.
 *
 * @throws DtlsError `ERR_DTLS_CREDENTIAL` when one of the first roots can't be used
 */
export function currentAnchors(
  roots: X509Trust['roots'],
  onError: (error: unknown) => void = () => {},
): () => TrustAnchors {
  if (typeof roots !== 'function') {
    const anchors = new TrustAnchors(roots);
    return () => anchors;
  }
  let given = roots();
  let anchors = new TrustAnchors(given);
  return () => {
    const present = roots();
    if (present === given) return anchors;
    given = present;
    try {
      anchors = new TrustAnchors(present);
    } catch (error) {
      onError(error);
    }
    return anchors;
  };
}
