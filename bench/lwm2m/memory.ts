// What a server keeps of each registration: measured over many, with everything that has to do with them.
import { Child } from '../child.ts';
import type { LoadMessage, LoadOrder, LoadTask } from './orders.ts';
import { ServerProcess } from './server-process.ts';
import type { Subject } from './servers.ts';

const WINDOW = 32;

/** What devices have in their object lists of seven links. */
type Lists = 'identical' | 'distinct';

const LISTS: readonly Lists[] = ['identical', 'distinct'];

/** A server that is made in two ways. */
export interface MemorySubject {
  /** As it is. */
  readonly plain: Subject;
  /** Without what CoAP keeps of messages and silent peers for some minutes. */
  readonly forgetful: Subject;
  readonly registrations: number;
}

export interface Memory {
  readonly name: string;
  readonly lists: Lists;
  readonly registrations: number;
  /** Bytes of heap and buffers for one registration. */
  readonly bytesEach: number;
  /** With what CoAP keeps of its message and its silent peer. */
  readonly bytesEachAtFirst: number;
  /** Of the whole process, as the system sees it before anything is collected; undefined where it does not tell. */
  readonly residentBytes: number | undefined;
}

/** What a server keeps of each registration. */
export async function memoryOf({ plain, forgetful, registrations }: MemorySubject): Promise<Memory[]> {
  const memories: Memory[] = [];
  for (const lists of LISTS) {
    const { bytesEach } = await registerMany(forgetful, lists, registrations);
    const atFirst = await registerMany(plain, lists, registrations);
    const { residentBytes } = atFirst;
    const { name } = plain;
    memories.push({ name, lists, registrations, bytesEach, bytesEachAtFirst: atFirst.bytesEach, residentBytes });
  }
  return memories;
}

/** Registers a fifth of the endpoints first: what grows in the beginning has grown then. */
async function registerMany(
  subject: Subject,
  lists: Lists,
  registrations: number,
): Promise<Pick<Memory, 'bytesEach' | 'residentBytes'>> {
  const { server, port } = await ServerProcess.start(subject.command, subject.arguments);
  const load = new Child<LoadMessage>('./lwm2m/load.ts');
  const done = async (): Promise<void> => {
    const message = await load.hear();
    if (message.kind === 'failed') throw new Error(`the devices of ${subject.name} failed: ${message.reason}`);
  };
  const populate = async (count: number): Promise<void> => {
    load.say({ kind: lists === 'identical' ? 'populate' : 'populate-distinct', count } satisfies LoadTask);
    await done();
  };
  const used = async (): Promise<number> => (await server.ask('heap'))[0] ?? NaN;
  load.say({ port, devices: 0, window: WINDOW } satisfies LoadOrder);
  await done();
  const first = Math.ceil(registrations / 5);
  await populate(first);
  const before = await used();
  await populate(registrations - first);
  const { residentBytes } = server;
  const bytesEach = ((await used()) - before) / (registrations - first);
  const [registered] = await server.ask('counts');
  if (registered !== registrations) throw new Error(`${subject.name} heard of ${registered ?? 0} of ${registrations}`);
  await Promise.all([load.end(), server.end()]);
  return { bytesEach, residentBytes };
}
