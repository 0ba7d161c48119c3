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
  if (response.status >= 400) {
    const result = response.status < 500 ? FirmwareResult.INVALID_URI : FirmwareResult.CONNECTION_LOST;
    throw new FirmwareFailure(result, `the server of the package answered ${response.status}`);
  }
  const expected = `bytes ${partial.size}-`;
  if (response.status === 206 && response.headers.get('content-range')?.startsWith(expected) !== true) {
    throw new FirmwareFailure(FirmwareResult.CONNECTION_LOST, 'the server of the package answered with another range');
  }
  if (response.status !== 206) {
    partial.chunks.length = 0;
    partial.size = 0;
  }
  partial.validator = strongValidator(response.headers.get('etag'));
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (partial.size + announced > maxSize) throw tooLarge(maxSize);
  if (response.body === null) return;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    partial.size += chunk.length;
    if (partial.size > maxSize) throw tooLarge(maxSize);
    partial.chunks.push(chunk);
  }
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
