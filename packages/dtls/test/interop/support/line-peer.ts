import { type Command, ForeignProgram } from '../../../../coap/test/interop/foreign-program.ts';

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (reason: Error) => void;
}

/** What a line is followed by: `name=value`; undefined is left out. */
export type Fields = Readonly<Record<string, string | number | undefined>>;

/**
 * A program of ours around a foreign stack, a DTLS client or a server that sends back what it gets. It begins with `ready`; then each line that
 * it is told is answered by one line, `error TEXT` when it failed:
 *
 * - `connect` with `port`, and `serve`, which is answered by `port N`. Both with `suites` (IANA names without `TLS_`, commas between them),
 *   `identity` and `key` (hexadecimal) of a PSK, `private`, `chain` and `roots` (files), or `private`, `public` and `trusted` (files) for raw
 *   public keys, `cid` (its length, 0 to offer the extension only), `mtu`, `retransmission` (ms), and what only one stack has. A new one takes the place
 *   of the one before.
 * - `send` with hexadecimal bytes is answered by `received` with the answer.
 * - `context` tells about the association that was used last.
 * - `resume` goes on with an abbreviated handshake, `close` ends the association.
 */
export class LinePeer {
  readonly #program: ForeignProgram;
  readonly #waiting: Waiting[];

  private constructor(program: ForeignProgram, waiting: Waiting[]) {
    this.#program = program;
    this.#waiting = waiting;
  }

  static async start(command: Command): Promise<LinePeer> {
    const waiting: Waiting[] = [];
    const { program } = await ForeignProgram.start(command, (line) => {
      const next = waiting.shift();
      if (line.startsWith('error ')) next?.reject(new Error(line.slice(6)));
      else next?.resolve(line);
    });
    return new LinePeer(program, waiting);
  }

  /** Makes a client for a server at this port of the loopback interface. pion connects now, Scandium with the first `send`. */
  async connect(port: number, fields: Fields): Promise<void> {
    await this.ask('connect', { port, ...fields });
  }

  /** Makes a server, and gives its port. */
  async serve(fields: Fields): Promise<number> {
    return Number((await this.ask('serve', fields)).split(' ')[1]);
  }

  /** Sends a text, and gives the answer. */
  async send(text: string): Promise<string> {
    const [, answer = ''] = (await this.#tell(`send ${Buffer.from(text).toString('hex')}`)).split(' ');
    return Buffer.from(answer, 'hex').toString();
  }

  async context(): Promise<Partial<Record<string, string>>> {
    const [, ...fields] = (await this.ask('context')).split(' ');
    return Object.fromEntries(fields.map((field) => field.split(/=(.*)/s).slice(0, 2) as [string, string]));
  }

  ask(operation: 'connect' | 'serve' | 'context' | 'resume' | 'close', fields: Fields = {}): Promise<string> {
    const words = Object.entries(fields).filter(([, value]) => value !== undefined);
    return this.#tell([operation, ...words.map(([name, value]) => `${name}=${value}`)].join(' '));
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }

  #tell(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#program.say(line);
    });
  }
}
