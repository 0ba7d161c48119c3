import {
  Inbox,
  type PlugtestClient,
  type PlugtestObservation,
  type PlugtestReply,
  type PlugtestRequest,
} from '../plugtest/plugtest-client.ts';
import { type Command, ForeignProgram } from './foreign-program.ts';
import type { RunningClient } from './peer.ts';

/** A client of a foreign stack that does what it is told. */
export async function startForeignClient(command: Command): Promise<RunningClient> {
  const inboxes = new Map<string, Inbox<Line>>();
  const hear = (text: string): void => {
    const line = parseLine(text);
    inboxes.get(line.id)?.push(line);
  };
  const { program } = await ForeignProgram.start(command, hear);
  let lastId = 0;
  const tell = (operation: string, fields: readonly string[]): { id: string; inbox: Inbox<Line> } => {
    lastId += 1;
    const id = String(lastId);
    const inbox = new Inbox<Line>();
    inboxes.set(id, inbox);
    program.say([id, operation, ...fields].join(' '));
    return { id, inbox };
  };
  const ask = async (operation: string, fields: readonly string[]): Promise<Line> => {
    return checked(await tell(operation, fields).inbox.next());
  };
  const towards = (port: number): PlugtestClient => ({
    async request(request) {
      return toReply(await ask('request', [`port=${port}`, ...fieldsOf(request)]));
    },
    async observe(request): Promise<PlugtestObservation> {
      const { id, inbox } = tell('observe', [`port=${port}`, ...fieldsOf(request)]);
      return {
        first: toReply(checked(await inbox.next())),
        next: async () => toReply(checked(await inbox.next())),
        async cancel() {
          await ask('cancel', [`observation=${id}`]);
        },
        async forget() {
          await ask('forget', [`observation=${id}`]);
        },
      };
    },
    async ping() {
      await ask('ping', [`port=${port}`]);
    },
  });
  return { towards, stop: () => program.stop() };
}

interface Line {
  readonly id: string;
  readonly word: string;
  readonly rest: readonly string[];
}

function parseLine(text: string): Line {
  const [id = '', word = '', ...rest] = text.split(' ');
  return { id, word, rest };
}

function checked(line: Line): Line {
  if (line.word === 'error') throw new Error(`the foreign client says: ${line.rest.join(' ')}`);
  return line;
}

const hex = (value: Uint8Array | string): string => Buffer.from(value).toString('hex');

function fieldsOf(request: PlugtestRequest): string[] {
  const { path, query = [], etags = [], ifMatch = [], payload, contentFormat, accept, blockSize } = request;
  return [
    `method=${request.method}`,
    `con=${Number(request.confirmable ?? true)}`,
    ...path.map((segment) => `path=${hex(segment)}`),
    ...query.map((part) => `query=${hex(part)}`),
    ...(payload === undefined ? [] : [`payload=${hex(payload)}`]),
    ...(contentFormat === undefined ? [] : [`format=${contentFormat}`]),
    ...(accept === undefined ? [] : [`accept=${accept}`]),
    ...etags.map((etag) => `etag=${hex(etag)}`),
    ...ifMatch.map((etag) => `ifmatch=${hex(etag)}`),
    ...(request.ifNoneMatch === true ? ['ifnonematch=1'] : []),
    ...(blockSize === undefined ? [] : [`block=${blockSize}`]),
    ...(request.emptyToken === true ? ['emptytoken=1'] : []),
  ];
}

function toReply({ rest }: Line): PlugtestReply {
  const all = (name: string): string[] =>
    rest.filter((field) => field.startsWith(`${name}=`)).map((field) => field.slice(name.length + 1));
  const text = (value: string): string => Buffer.from(value, 'hex').toString();
  const [format] = all('format');
  const [etag] = all('etag');
  return {
    code: Number(all('code')[0]),
    payload: Buffer.from(all('payload')[0] ?? '', 'hex'),
    contentFormat: format === undefined ? undefined : Number(format),
    etag: etag === undefined ? undefined : Uint8Array.from(Buffer.from(etag, 'hex')),
    locationPath: all('lpath').map(text),
    locationQuery: all('lquery').map(text),
  };
}
