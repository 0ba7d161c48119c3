import { RECORD_HEADER_SIZE } from '../records/record-header.ts';
import type { DtlsRecord } from '../records/record.ts';

/** Bytes of a record on the wire, header included. */
export function recordSize({ cid, fragment }: DtlsRecord): number {
  return RECORD_HEADER_SIZE + (cid?.length ?? 0) + fragment.length;
}
