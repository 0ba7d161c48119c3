import { createHash } from 'node:crypto';
import { formatObjectLink, type ResourceValue } from '@flownexus/lwm2m-core';

/** What conditions compare: integers of 64 bit as the nearest number, links as `3:0`, bytes in base64. */
export type Comparable = number | string | boolean;

/** Longer texts and bytes are compared by their SHA-256. */
const LONGEST = 255;

/** Makes of a value what conditions compare. */
export function comparable(value: ResourceValue): Comparable {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.length <= LONGEST ? value : digest(value);
  if (value instanceof Uint8Array) {
    return value.length <= LONGEST ? Buffer.from(value).toString('base64') : digest(value);
  }
  return formatObjectLink(value);
}

/** A value in a message; what a device chose comes in quotes, with nothing in it that a terminal or a database minds. */
export function inWords(value: Comparable): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
}

function digest(value: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(value).digest('hex')}`;
}
