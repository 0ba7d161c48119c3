import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ContentFormat, parseCode } from '../../src/index.ts';
import {
  Inbox,
  type PlugtestClient,
  type PlugtestObservation,
  type PlugtestReply,
  type PlugtestRequest,
} from '../plugtest/plugtest-client.ts';
import { LIBCOAP_CLIENT } from './libcoap-process.ts';
import type { RunningClient } from './peer.ts';

/** How long an observation lasts before the client cancels it. */
const OBSERVE_SECONDS = 3;

/** `coap-client`, a process for each request. */
export function libcoapClient(): RunningClient {
  const folder = mkdtempSync(join(tmpdir(), 'coap-client-'));
  const children = new Set<ChildProcess>();
  let token = 0x1000;

  const start = (port: number, request: PlugtestRequest, more: readonly string[]): Run => {
    token += 1;
    const file = join(folder, String(token));
    const args = ['-o', file, '-v', '7', '-T', String(token), ...more, ...argumentsOf(request), uriOf(port, request)];
    const child = spawn(LIBCOAP_CLIENT, args, { stdio: 'pipe' });
    children.add(child);
    const closed = once(child, 'close').then(() => children.delete(child));
    child.stdin.end(request.payload);
    const received = new Inbox<PlugtestReply>();
    const last: { reply: PlugtestReply | undefined } = { reply: undefined };
    let incoming = false;
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (incoming && line.startsWith('v:1') && !line.includes(' c:0.00 ')) {
          last.reply = parseMessage(line);
          received.push(last.reply);
        }
        incoming = / received \d+ bytes/.test(line);
      }
    });
    return { closed, received, last, file };
  };

  const towards = (port: number): PlugtestClient => ({
    async request(request) {
      const { closed, last, file } = start(port, request, []);
      await closed;
      if (last.reply === undefined) throw new Error('coap-client got no response');
      return { ...last.reply, payload: existsSync(file) ? readFileSync(file) : Buffer.of() };
    },
    async observe(request): Promise<PlugtestObservation> {
      const { closed, received } = start(port, request, ['-s', String(OBSERVE_SECONDS)]);
      return {
        first: await received.next(),
        next: () => received.next(),
        async cancel() {
          await closed;
        },
        forget: () => Promise.reject(new Error('coap-client cancels in its own way')),
      };
    },
    ping: () => Promise.reject(new Error('coap-client sends no ping alone')),
  });

  return {
    towards,
    stop() {
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}

interface Run {
  readonly closed: Promise<unknown>;
  /** Each response and notification. Payloads as the log shows them: text. */
  readonly received: Inbox<PlugtestReply>;
  readonly last: { readonly reply: PlugtestReply | undefined };
  /** Where the payload of a success response is. */
  readonly file: string;
}

function uriOf(port: number, { path, query = [] }: PlugtestRequest): string {
  const parts = query.length === 0 ? '' : `?${query.map(encodeURIComponent).join('&')}`;
  return `coap://127.0.0.1:${port}/${path.map(encodeURIComponent).join('/')}${parts}`;
}

const METHODS: Readonly<Record<number, string>> = {
  [Code.GET]: 'get',
  [Code.PUT]: 'put',
  [Code.POST]: 'post',
  [Code.DELETE]: 'delete',
};

function argumentsOf(request: PlugtestRequest): string[] {
  const { contentFormat, accept, blockSize, etags = [], ifMatch = [] } = request;
  const option = (number: number, value: Uint8Array): string[] => [
    '-O',
    `${number},0x${Buffer.from(value).toString('hex')}`,
  ];
  return [
    '-m',
    METHODS[request.method] ?? String(request.method),
    ...(request.confirmable === false ? ['-N'] : []),
    ...(request.payload === undefined ? [] : ['-f', '-']),
    ...(contentFormat === undefined ? [] : ['-t', String(contentFormat)]),
    ...(accept === undefined ? [] : ['-A', String(accept)]),
    ...(blockSize === undefined ? [] : ['-b', String(blockSize)]),
    ...etags.flatMap((etag) => option(4, etag)),
    ...ifMatch.flatMap((etag) => option(1, etag)),
    ...(request.ifNoneMatch === true ? ['-O', '5,'] : []),
  ];
}

// v:1 t:ACK c:2.05 i:ac62 {01} [ ETag:0x01, Content-Format:text/plain ] :: 'first'
function parseMessage(line: string): PlugtestReply {
  const [, code = '', list = '', text = ''] = /^v:1 t:\w+ c:(\d\.\d\d) .*?\[ ?(.*?) \](?: :: '(.*)')?/.exec(line) ?? [];
  const options = list.split(', ').map((option) => option.split(/:(.*)/s));
  const all = (name: string): string[] => options.filter(([each]) => each === name).map(([, value = '']) => value);
  const [etag] = all('ETag');
  const [format] = all('Content-Format');
  return {
    code: parseCode(code),
    payload: Buffer.from(text.replaceAll('\\x0A', '\n')),
    contentFormat: format === undefined ? undefined : FORMATS[format],
    etag: etag === undefined ? undefined : Uint8Array.from(Buffer.from(etag.slice(2), 'hex')),
    locationPath: all('Location-Path'),
    locationQuery: all('Location-Query'),
  };
}

const FORMATS: Readonly<Record<string, number>> = {
  'text/plain': ContentFormat.TEXT_PLAIN,
  'application/xml': ContentFormat.XML,
  'application/link-format': ContentFormat.LINK_FORMAT,
};
