import type { EndpointItem, List, Problem, ResourceItem, SessionInfo } from '../../../src/http/api-types.ts';
import { learnServerTime } from './server-clock.ts';
import { messages } from '../messages.ts';

export const STREAM_URL = '/api/v1/stream';
const SESSION_URL = '/api/v1/session';

/** More endpoints than this are not loaded into one page. */
const MAX_ENDPOINTS = 20_000;
const HISTORY_PAGE = 10_000;
/** Most values of history per series: about 7 MB of JSON. */
export const MAX_HISTORY = 3 * HISTORY_PAGE;

/** The server was reached and refused, or could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  /** Of the problem, such as `unauthorized`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** Who is signed in; null when nobody is. */
export async function fetchSession(signal: AbortSignal): Promise<SessionInfo | null> {
  try {
    return await getJson<SessionInfo>(SESSION_URL, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Signs in. Rejects with an {@link ApiError} whose code is `code-needed` when the password is right and a code has to come with it. */
export async function signIn(credentials: {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
}): Promise<SessionInfo> {
  const headers = { 'content-type': 'application/json' };
  const response = await request(SESSION_URL, { method: 'POST', headers, body: JSON.stringify(credentials) });
  return (await response.json()) as SessionInfo;
}

/** Signs out. Who was not signed in is out, too. */
export async function signOut(): Promise<void> {
  try {
    await request(SESSION_URL, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  }
}

/** All endpoints, by name. */
export async function fetchEndpoints(signal: AbortSignal): Promise<EndpointItem[]> {
  return collect<EndpointItem>('/api/v1/endpoints', new URLSearchParams(), MAX_ENDPOINTS, signal);
}

/** The newest value of one path, or undefined when none is stored. */
export async function fetchLatest(
  endpoint: string,
  path: string,
  signal: AbortSignal,
): Promise<ResourceItem | undefined> {
  const query = new URLSearchParams({ path, limit: '1' });
  try {
    const list = await getJson<List<ResourceItem>>(`${resourcesUrl(endpoint)}?${query.toString()}`, signal);
    return list.items.at(-1);
  } catch (error) {
    // The endpoint or its sensor has gone since the list was fetched.
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** The newest values of one path since `from`, at most MAX_HISTORY, in no particular order. */
export async function fetchHistory(
  endpoint: string,
  path: string,
  from: number,
  signal: AbortSignal,
): Promise<ResourceItem[]> {
  const query = new URLSearchParams({ path, from: new Date(from).toISOString(), limit: String(HISTORY_PAGE) });
  return collect<ResourceItem>(resourcesUrl(endpoint), query, MAX_HISTORY, signal);
}

function resourcesUrl(endpoint: string): string {
  return `/api/v1/endpoints/${encodeURIComponent(endpoint)}/resources`;
}

/** Follows the cursors of a list up to about `most` items. */
async function collect<T>(url: string, query: URLSearchParams, most: number, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const text = query.toString();
    const list = await getJson<List<T>>(text === '' ? url : `${url}?${text}`, signal);
    items.push(...list.items);
    if (list.nextCursor === null || list.items.length === 0 || items.length >= most) return items;
    query.set('cursor', list.nextCursor);
  }
}

async function getJson<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await request(url, { signal });
  return (await response.json()) as T;
}

/** An answer of 2xx. Rejects with an {@link ApiError} for every other. */
async function request(
  url: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, 'unreachable', messages.error.unreachable);
  }
  learnServerTime(response.headers.get('date'), Date.now());
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('application/problem+json') === true) {
    const { type, detail } = JSON.parse(text) as Problem;
    return new ApiError(response.status, type.slice(type.lastIndexOf(':') + 1), detail);
  }
  return new ApiError(response.status, 'no-api', messages.error.status(response.status));
}
