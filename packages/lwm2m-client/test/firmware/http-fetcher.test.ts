import { describe, expect, test } from 'vitest';
import { httpFetcher, type PackageTransfer } from '../../src/index.ts';

const IMAGE = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const URI = 'https://files.example/image';

/** What a server answers: so many bytes from `from` on, and then the end, or a broken connection. */
interface Answer {
  readonly from?: number;
  readonly bytes?: number;
  readonly breaks?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function server(...answers: readonly Answer[]) {
  const asked: (string | null)[] = [];
  const left = [...answers];
  const fetch: typeof globalThis.fetch = (_uri, init) => {
    asked.push(new Headers(init?.headers).get('range'));
    const answer = left.shift();
    if (answer === undefined) return Promise.reject(new TypeError('fetch failed'));
    const { from = 0, bytes = IMAGE.length, breaks = false, status = 200, headers = {} } = answer;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(IMAGE.slice(from, from + bytes));
        if (!breaks) controller.close();
      },
      pull: (controller) => {
        controller.error(new TypeError('terminated'));
      },
    });
    return Promise.resolve(new Response(body, { status, headers }));
  };
  return { asked, fetch };
}

function transfer(maxSize = 10_000): PackageTransfer {
  return { signal: new AbortController().signal, maxSize };
}

const etag = { etag: '"1"' };

describe('a package over HTTP', () => {
  test('comes whole', async () => {
    const { fetch, asked } = server({});
    expect(await httpFetcher({ fetch })(URI, transfer())).toEqual(IMAGE);
    expect(asked).toEqual([null]);
  });

  test('is taken up where it broke off', async () => {
    const { fetch, asked } = server(
      { bytes: 400, breaks: true, headers: etag },
      { from: 400, status: 206, headers: { ...etag, 'content-range': 'bytes 400-999/1000' } },
    );
    expect(await httpFetcher({ fetch })(URI, transfer())).toEqual(IMAGE);
    expect(asked).toEqual([null, 'bytes=400-']);
  });

  test('goes on where a server gives less than the rest', async () => {
    const range = (from: number, to: number) => ({ ...etag, 'content-range': `bytes ${from}-${to}/1000` });
    const { fetch, asked } = server(
      { bytes: 400, breaks: true, headers: etag },
      { from: 400, bytes: 300, status: 206, headers: range(400, 699) },
      { from: 700, status: 206, headers: range(700, 999) },
    );
    expect(await httpFetcher({ fetch })(URI, transfer())).toEqual(IMAGE);
    expect(asked).toEqual([null, 'bytes=400-', 'bytes=700-']);
  });

  test('begins anew when the server has no ranges, or nothing says that the rest is of the same', async () => {
    for (const headers of [etag, {}, { etag: 'W/"1"' }]) {
      const { fetch, asked } = server({ bytes: 400, breaks: true, headers }, {});
      expect(await httpFetcher({ fetch })(URI, transfer())).toEqual(IMAGE);
      expect(asked).toEqual([null, headers === etag ? 'bytes=400-' : null]);
    }
  });

  test('is lost when it breaks off too often', async () => {
    const { fetch, asked } = server({ bytes: 400, breaks: true, headers: etag });
    await expect(httpFetcher({ fetch, resumptions: 2 })(URI, transfer())).rejects.toThrow('fetch failed');
    expect(asked).toEqual([null, 'bytes=400-', 'bytes=400-']);
  });

  test.each<readonly [name: string, answer: Answer, result: number]>([
    ['that is not there', { status: 404 }, 7],
    ['of a server with trouble', { status: 503 }, 4],
    ['of another range', { status: 206, headers: { 'content-range': 'bytes 1-2/1000' } }, 4],
    ['that says to be too large', { headers: { 'content-length': '20000' } }, 2],
  ])('%s fails', async (_, answer, result) => {
    const { fetch, asked } = server(answer);
    await expect(httpFetcher({ fetch })(URI, transfer())).rejects.toMatchObject({ result });
    expect(asked).toHaveLength(1);
  });

  test('is no larger than there is room, whatever it says', async () => {
    const { fetch } = server({});
    await expect(httpFetcher({ fetch })(URI, transfer(999))).rejects.toMatchObject({ result: 2 });
  });

  test('is given up at once when that is wanted', async () => {
    const abort = new AbortController();
    const { fetch, asked } = server({ bytes: 400, breaks: true });
    const fetched = httpFetcher({ fetch })(URI, { ...transfer(), signal: abort.signal });
    abort.abort(new Error('cancelled'));
    await expect(fetched).rejects.toThrow('cancelled');
    expect(asked).toHaveLength(1);
  });
});
