// What the processes of the LwM2M benchmark say to each other.

/** What is measured: a round trip of each kind. `read` is driven by the server, the others by the devices. */
export type Operation = 'register' | 'update' | 'notify' | 'read';

export const OPERATIONS: readonly Operation[] = ['register', 'update', 'notify', 'read'];

/*
 * A server is a process of its own in whichever language. It says `listening PORT` when it does, gets one order a line on
 * its standard input, and answers each with one line that begins with the same word. It ends with its input.
 *
 * cpu                  cpu MICROS: of the whole process since its start, user and system
 * heap                 heap BYTES: what is used after everything that is garbage has gone
 * counts               counts REGISTERED UPDATED NOTIFIED: what its listeners have heard
 * observe COUNT        observe: the value of all endpoints that have it, COUNT, is observed
 * read COUNT WINDOW    read: so many Reads are answered; WINDOW were under way at a time
 */

/** The first thing that a load generator is told. */
export interface LoadOrder {
  readonly port: number;
  /** Devices that stay registered and answer: each has a socket of its own. */
  readonly devices: number;
  /** Messages that are under way at a time. */
  readonly window: number;
}

/**
 * What devices are told to do. `deregister` takes back what was registered since the last time, whatever the count. `populate` registers
 * devices in queue mode that are never heard of again, each from an address of its own: with the same object list, or with one that no other has.
 */
export interface LoadTask {
  readonly kind: Exclude<Operation, 'read'> | 'deregister' | 'populate' | 'populate-distinct';
  readonly count: number;
}

/** What a load generator tells: that its devices are registered, and that all replies of a task are there. */
export type LoadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly elapsedMs: number }
  | { readonly kind: 'failed'; readonly reason: string };
