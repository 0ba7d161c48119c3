import { ContentFormat } from '@flownexus/lwm2m-core';
import type { Request } from 'express';
import { limits } from '../limits.ts';
import { LeshanError, invalidRequest } from './leshan-error.ts';

/** Names of formats, of any case. */
const FORMATS: ReadonlyMap<string, number> = new Map([
  ['TEXT', ContentFormat.TEXT],
  ['LINK', ContentFormat.LINK_FORMAT],
  ['OPAQUE', ContentFormat.OPAQUE],
  ['CBOR', ContentFormat.CBOR],
  ['SENML_JSON', ContentFormat.SENML_JSON],
  ['SENML_CBOR', ContentFormat.SENML_CBOR],
  ['TLV', ContentFormat.TLV],
  ['JSON', ContentFormat.OMA_JSON],
]);
const SECONDS = /^\d{1,9}(?:\.\d{1,3})?$/;

/** The query of a request as it came, without the question mark; empty without one. */
export function rawQuery({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start + 1);
}

/** The parameters of the query of a request. */
export function queryOf(request: Request): URLSearchParams {
  return new URLSearchParams(rawQuery(request));
}

/**
 * The parameter `timeout`, which is in seconds, in milliseconds.
 *
 * @throws LeshanError for what is no number, or too great
 */
export function timeoutOf(query: URLSearchParams): number {
  const text = query.get('timeout') ?? '';
  if (text === '') return limits.leshanTimeoutSeconds * 1000;
  const seconds = SECONDS.test(text) ? Number(text) : Number.NaN;
  if (seconds <= limits.leshanLongestTimeoutSeconds) return seconds * 1000;
  throw invalidRequest(`timeout is a number of seconds up to ${String(limits.leshanLongestTimeoutSeconds)}`);
}

/**
 * The Content-Format that a parameter names; undefined without one.
 *
 * @throws LeshanError for another name
 */
export function formatOf(query: URLSearchParams, name: 'format' | 'pathformat' | 'nodeformat'): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  const format = FORMATS.get(text.toUpperCase());
  if (format !== undefined) return format;
  throw invalidRequest(`${name} is one of ${[...FORMATS.keys()].join(', ')}`);
}

/**
 * The list in the parameter `paths`, in its order.
 *
 * @throws LeshanError without one
 */
export function pathsOf(query: URLSearchParams): readonly string[] {
  const paths = (query.get('paths') ?? '').split(',').filter((path) => path !== '');
  if (paths.length > 0) return paths;
  throw invalidRequest('paths is a list of paths with commas between them');
}

/**
 * The items of a query as text, such as `pmin=10` and `pmax`, but for those of the given names.
 *
 * @throws LeshanError for escapes that are none
 */
export function queryItems(query: string, except: readonly string[]): readonly string[] {
  try {
    return query
      .split('&')
      .filter((item) => item !== '')
      .map((item) => decodeURIComponent(item))
      .filter((item) => !except.includes(item.split('=', 1)[0] ?? ''));
  } catch {
    throw new LeshanError(400, 'Invalid attributes: the query is malformed');
  }
}
