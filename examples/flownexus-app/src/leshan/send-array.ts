import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** Items that are encoded at a time: bounds how long that holds up everything else. */
const BATCH = 100;

/** Answers with an array of any length, which is never held as a whole. When the caller leaves it ends. */
export async function sendArray<T>(
  response: Response,
  items: AsyncIterable<T> | Iterable<T>,
  toJson: (item: T) => unknown,
): Promise<void> {
  response.type('json');
  try {
    await pipeline(Readable.from(texts(items, toJson)), response);
  } catch (error) {
    // The caller has left.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* texts<T>(items: AsyncIterable<T> | Iterable<T>, toJson: (item: T) => unknown): AsyncGenerator<string> {
  let text = '[';
  let count = 0;
  for await (const item of items) {
    text += `${count === 0 ? '' : ','}${JSON.stringify(toJson(item))}`;
    count += 1;
    if (count % BATCH > 0) continue;
    yield text;
    text = '';
  }
  yield `${text}]`;
}
