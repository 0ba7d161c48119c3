import { get as httpGet, type IncomingMessage } from 'node:http';
import { expect, onTestFinished } from 'vitest';

export interface StreamedEvent {
  /** Undefined for a block that is no event, such as one with an id alone. */
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Opens the event stream of a server and reads it block by block. */
export async function openEventStream(url: string, query = '', headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpGet({ host: hostname, port, path: `/api/v1/stream${query}`, headers, agent: false }, resolve);
    request.on('error', reject);
    onTestFinished(() => void request.destroy());
  });
  expect(response.statusCode).toBe(200);
  const blocks = readBlocks(response);
  /** The next block that is an event, or says where to go on from. */
  const block = async (): Promise<StreamedEvent> => {
    const { value } = await blocks.next();
    return parseBlock(value ?? '');
  };
  const next = async (): Promise<StreamedEvent> => {
    for (;;) {
      const found = await block();
      if (found.event !== undefined || found.id === undefined) return found;
    }
  };
  return {
    response,
    block,
    /** The next event. */
    next,
    ended: async (): Promise<boolean> => {
      for (;;) {
        const { done } = await blocks.next();
        if (done === true) return true;
      }
    },
    close: () => void response.destroy(),
  };
}

function parseBlock(text: string): StreamedEvent {
  const fields = new Map(text.split('\n').map((line) => [/^\w*/.exec(line)?.[0] ?? '', line.replace(/^\w*: ?/, '')]));
  const data = fields.get('data');
  return { event: fields.get('event'), id: fields.get('id'), data: data === undefined ? undefined : JSON.parse(data) };
}

async function* readBlocks(response: IncomingMessage): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
  return undefined;
}
