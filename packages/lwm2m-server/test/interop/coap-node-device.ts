/**
 * Devices of coap-node, led by lines as `leshan/shared/Console.java` has them. Its folder is the argument. Each device has a temperature
 * sensor (/3303/0), another with nothing but Resource 5605, which can be executed, and a light (/3311/0).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Answer {
  readonly status: string;
}
type Callback = (error: Error | null, answer: Answer) => void;

interface CoapNode {
  register(host: string, port: number, callback: Callback): void;
  update(attributes: { readonly lifetime: number }, callback: Callback): void;
  deregister(callback: Callback): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

interface SmartObject {
  init(object: string, instance: number, resources: Readonly<Record<string, unknown>>): void;
  write(
    object: string,
    instance: number,
    resource: string,
    value: unknown,
    callback: (error: Error | null) => void,
  ): void;
}

const [folder = ''] = process.argv.slice(2);
// It asks the system for its network interfaces unless it is tested itself.
process.env['npm_lifecycle_event'] = 'test';
const load = createRequire(join(folder, 'package.json'));
const Node = load('coap-node') as new (
  name: string,
  objects: SmartObject,
  attributes: { readonly lifetime: number },
) => CoapNode;
const Objects = load('smartobject') as new () => SmartObject;

class Device {
  readonly #name: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #objects = new Objects();
  readonly #node: CoapNode;

  constructor(name: string, settings: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#settings = settings;
    this.#objects.init('temperature', 0, { 5700: 21.5, 5701: 'Cel' });
    // What can be executed has a text in the place of its value when it is read, so it is elsewhere.
    const executable = (...args: readonly unknown[]): void => {
      say(name, 'event', `executed ${JSON.stringify(args.slice(0, -1))}`);
      const done = args.at(-1) as (error: null, text: string) => void;
      done(null, 'done');
    };
    this.#objects.init('temperature', 1, { 5605: { exec: executable } });
    this.#objects.init('lightCtrl', 0, { 5850: false, 5851: 10, 5706: 'red' });
    this.#node = new Node(settings['endpoint'] ?? '', this.#objects, { lifetime: Number(settings['lifetime']) });
    this.#node.on('error', (error) => {
      say(name, 'event', `failed: ${error.message}`);
    });
  }

  async run(command: string, words: readonly string[]): Promise<string> {
    const answered = (start: (callback: Callback) => void): Promise<string> =>
      new Promise((resolve, reject) => {
        start((error, answer) => {
          if (error === null) resolve(answer.status);
          else reject(error);
        });
      });
    const [path = '', value = ''] = words;
    switch (command) {
      case 'start': {
        const { hostname, port } = new URL(this.#settings['uri'] ?? '');
        const status = await answered((callback) => {
          this.#node.register(hostname, Number(port), callback);
        });
        say(this.#name, 'event', status === '2.01' ? 'registered' : `not registered: ${status}`);
        return '';
      }
      case 'update':
        return answered((callback) => {
          this.#node.update({ lifetime: Number(path) }, callback);
        });
      case 'set': {
        const [object = '', resource = ''] = path.split('/');
        await new Promise<void>((resolve, reject) => {
          this.#objects.write(object, 0, resource, JSON.parse(value), (error) => {
            if (error === null) resolve();
            else reject(error);
          });
        });
        return '';
      }
      case 'stop':
        return answered((callback) => {
          this.#node.deregister(callback);
        });
      default:
        return '';
    }
  }
}

const devices = new Map<string, Device>();

function say(name: string, what: string, text: string): void {
  process.stdout.write(`${name} ${what} ${encodeURIComponent(text)}\n`);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name = '', command = '', ...words] = line.split(' ').map((word) => decodeURIComponent(word));
    if (command === 'new') {
      const settings = words.map(
        (word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const,
      );
      devices.set(name, new Device(name, Object.fromEntries(settings)));
      say(name, 'ok', '');
      return;
    }
    devices
      .get(name)
      ?.run(command, words)
      .then(
        (text) => {
          say(name, 'ok', text);
        },
        (error: unknown) => {
          say(name, 'error', String(error));
        },
      );
  })
  .on('close', () => {
    process.exit();
  });
say('program', 'ready', '');
