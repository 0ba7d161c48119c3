import { FirmwareFailure, FirmwareResult } from './firmware-results.ts';
import type { PackageFetcher, PackageTransfer } from './package-fetcher.ts';

export interface HttpFetcherOptions {
  /** Default: that of the platform. */
  readonly fetch?: typeof globalThis.fetch;
  /** How often a download that broke off is taken up where it was (RFC 9110 §14). Default 3. */
  readonly resumptions?: number;
}

/** What has come of a package, and what says that the rest is of the same. */
interface Partial {
  readonly chunks: Uint8Array[];
  size: number;
  validator: string | undefined;
}

/** Fetches packages over HTTP, or HTTPS. A download that breaks off is taken up with a range request where it was. */
export function httpFetcher({ fetch = globalThis.fetch, resumptions = 3 }: HttpFetcherOptions = {}): PackageFetcher {
  return async (uri, transfer) => {
    const partial: Partial = { chunks: [], size: 0, validator: undefined };
    for (let resumed = 0; ; resumed += 1) {
      try {
        await fetchRest(fetch, uri, transfer, partial);
        return joined(partial);
      } catch (error) {
        transfer.signal.throwIfAborted();
        if (error instanceof FirmwareFailure || resumed >= resumptions) throw error;
      }
    }
  };
}

/** Rejects when the connection breaks, with what has come until then in `partial`. */
async function fetchRest(
  fetch: typeof globalThis.fetch,
  uri: string,
  { signal, maxSize }: PackageTransfer,
  partial: Partial,
): Promise<void> {
  // RFC 9110 §13.1.5: without a strong validator the rest might be that of another representation.
  const range =
    partial.size > 0 && partial.validator !== undefined
      ? { range: `bytes=${partial.size}-`, 'if-range': partial.validator }
      : undefined;
  const response = await fetch(uri, { signal, ...(range && { headers: range }) });
  const failure = failureOf(response, partial, maxSize);
  if (failure !== undefined) {
    await response.body?.cancel(); // else the connection stays open
    throw failure;
  }
  if (response.status !== 206) {
    partial.chunks.length = 0;
    partial.size = 0;
  }
  partial.validator = strongValidator(response.headers.get('etag'));
  if (response.body === null) return;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    partial.size += chunk.length;
    if (partial.size > maxSize) throw tooLarge(maxSize);
    partial.chunks.push(chunk);
  }
  // RFC 9110 §15.3.7: a server may answer with less than what was asked for.
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && total !== undefined && partial.size < Number(total)) {
    throw new Error(`the server of the package gave ${partial.size} bytes of ${total}`);
  }
}

/** Why what is answered is not what is wanted. */
function failureOf({ status, headers }: Response, { size }: Partial, maxSize: number): FirmwareFailure | undefined {
  const { INVALID_URI, CONNECTION_LOST } = FirmwareResult;
  if (status >= 400) {
    const result = status < 500 ? INVALID_URI : CONNECTION_LOST;
    return new FirmwareFailure(result, `the server of the package answered ${status}`);
  }
  const isRest = status === 206;
  if (isRest && headers.get('content-range')?.startsWith(`bytes ${size}-`) !== true) {
    return new FirmwareFailure(CONNECTION_LOST, 'the server of the package answered with another range');
  }
  const announced = Number(headers.get('content-length') ?? 0);
  return (isRest ? size : 0) + announced > maxSize ? tooLarge(maxSize) : undefined;
}

function strongValidator(etag: string | null): string | undefined {
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

function tooLarge(maxSize: number): FirmwareFailure {
  return new FirmwareFailure(FirmwareResult.NOT_ENOUGH_FLASH, `the package has more than ${maxSize} bytes`);
}

function joined({ chunks, size }: Partial): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
