import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectDefinition, ResourceDefinition } from '@flownexus/lwm2m-core';
import { peersFolder } from '../../../coap/test/interop/peers-folder.ts';
import { soon } from './device-program.ts';

const folder = join(peersFolder, 'wakaama');
/** Characters of its output that are kept. */
const KEPT_OUTPUT = 8000;
const PROMPT = '> ';

/** Why Wakaama can't take part, or undefined when it can. */
export function wakaamaMissing(): string | undefined {
  return existsSync(join(folder, 'stamp')) ? undefined : 'scripts/install-peers.sh has not installed wakaama';
}

/** What it does in another way than the specification has it, and the tests put up with. */
export const WAKAAMA_DEVIATIONS: readonly string[] = [
  'the id of a single Resource is both in the base name and in the name of its OMA JSON, as if it were a Resource Instance',
  'what is written to a single Resource in OMA JSON is answered 2.04 and lost: we write TLV to devices that announce OMA JSON',
  'a device that is told that its registration is not known looks for a bootstrap server, and does not register again',
  'a Bootstrap-Discover is answered 4.00: the id of the Security Object Instance has to be given to our bootstrap server',
  'tinydtls drops records of another version than DTLS 1.2, also before a version is agreed on: our HelloVerifyRequest has the version of the ClientHello',
];

/** The Object that its demonstration client has of its own: instances 10 to 12. */
export const WAKAAMA_TEST_OBJECT: ObjectDefinition = {
  id: 31_024,
  version: '1.0',
  lwm2mVersion: '1.0',
  name: 'Wakaama Test Object',
  urn: 'urn:oma:lwm2m:x:31024',
  multiple: true,
  mandatory: false,
  resources: new Map(
    [resource(1, 'test', 'RW', 'integer'), resource(2, 'exec', 'E', 'none'), resource(3, 'dec', 'RW', 'float')].map(
      (each) => [each.id, each],
    ),
  ),
};

function resource(
  id: number,
  name: string,
  operations: ResourceDefinition['operations'],
  type: ResourceDefinition['type'],
): ResourceDefinition {
  return { id, name, operations, type, multiple: false, mandatory: true, range: undefined, units: undefined };
}

export interface WakaamaOptions {
  readonly endpointName: string;
  readonly serverPort: number;
  readonly lifetime?: number;
  /** The server at the port is a bootstrap server, and it has no other. Default false. */
  readonly bootstrap?: boolean;
  /** Whether it can use DTLS, with a server that it is told of. Default: where it has a `psk`. */
  readonly canUseDtls?: boolean;
  /** With it DTLS is used. */
  readonly psk?: { readonly identity: string; readonly key: Uint8Array };
}

/** A running demonstration client of Eclipse Wakaama. */
export class WakaamaClient {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';
  /** What it has printed since the last prompt was waited for. */
  #fresh = '';
  #listeners: (() => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString('latin1')).slice(-KEPT_OUTPUT);
      });
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#fresh += chunk.toString('latin1');
      const listeners = this.#listeners;
      this.#listeners = [];
      for (const listener of listeners) listener();
    });
  }

  /** Starts it, on IPv4 and at any port; resolves when it is about to register. */
  static async start(options: WakaamaOptions): Promise<WakaamaClient> {
    const {
      endpointName,
      serverPort,
      lifetime = 300,
      bootstrap = false,
      psk,
      canUseDtls = psk !== undefined,
    } = options;
    const program = join(folder, 'bin', canUseDtls ? 'lwm2mclient-dtls' : 'lwm2mclient');
    const security = psk === undefined ? [] : ['-i', psk.identity, '-s', Buffer.from(psk.key).toString('hex')];
    const server = ['-h', '127.0.0.1', '-p', String(serverPort)];
    const kind = bootstrap ? ['-b'] : [];
    const args = ['-4', '-l', '0', '-n', endpointName, '-t', String(lifetime), ...server, ...kind, ...security];
    const client = new WakaamaClient(spawn(program, args, { stdio: 'pipe' }));
    await client.#prompted();
    return client;
  }

  /** Enters a command; resolves to what it prints. */
  async run(command: string): Promise<string> {
    this.#child.stdin?.write(`${command}\n`);
    return this.#prompted();
  }

  async #prompted(): Promise<string> {
    const prompt = async (): Promise<string> => {
      for (;;) {
        if (this.#fresh.endsWith(PROMPT)) {
          const said = this.#fresh;
          this.#fresh = '';
          return said;
        }
        await new Promise<void>((resolve) => this.#listeners.push(resolve));
      }
    };
    return this.soon('a prompt', prompt());
  }

  /** What was awaited; rejects when it takes too long, and tells what the client printed. */
  soon<T>(what: string, awaited: Promise<T>): Promise<T> {
    return soon(what, awaited, () => this.#output);
  }

  /** De-registers and ends. */
  async quit(): Promise<void> {
    this.#child.stdin?.write('quit\n');
    await this.soon('the end', this.#ended);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
