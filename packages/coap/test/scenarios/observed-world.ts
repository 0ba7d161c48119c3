import type { LockStepPeer } from '@flownexus/datagram/testing';
import {
  type CoapEndpointOptions,
  type CoapMessage,
  decodeMessage,
  type ObservableOptions,
  OptionNumber,
  replies,
  type ResourceHandler,
  type RouterOptions,
  uintOption,
} from '../../src/index.ts';
import { routedWorld, type RoutedWorld } from './routed-world.ts';
import { line, opt, text, type World } from './world.ts';

export interface Observed extends RoutedWorld {
  /** What GET answers. */
  state: string;
  /** How often GET ran. */
  runs: number;
  readonly change: (state: string) => void;
}

export interface Setup extends RouterOptions {
  readonly observable?: boolean | ObservableOptions;
  readonly get?: ResourceHandler;
  readonly remove?: ResourceHandler;
  /** Of the endpoint. */
  readonly onError?: NonNullable<CoapEndpointOptions['onError']>;
}

/** A resource `/r` that many observe. */
export async function observedWorld({
  observable = true,
  get,
  remove,
  onError,
  ...options
}: Setup = {}): Promise<Observed> {
  const observed = { state: 'a', runs: 0 };
  const read: ResourceHandler = (request) => {
    observed.runs += 1;
    return get === undefined ? replies.content(observed.state) : get(request);
  };
  const { world, router } = await routedWorld(
    (empty) =>
      empty.resource('/r', {
        observable,
        get: read,
        fetch: (request) => replies.content(`${text(request.payload)}:${observed.state}`),
        ...(remove === undefined ? {} : { delete: remove }),
      }),
    { ...options, ...(onError === undefined ? {} : { endpoint: { onError } }) },
  );
  return Object.assign(observed, {
    world,
    router,
    change: (state: string) => {
      observed.state = state;
      router.notify('/r');
    },
  });
}

export interface Registration {
  readonly type?: 'CON' | 'NON';
  readonly code?: string;
  readonly token?: string;
  readonly observe?: number;
  readonly query?: string;
  readonly accept?: number;
  readonly payload?: string;
  readonly from?: LockStepPeer;
}

/** Sends a request that observes, and gives the answer: the value and whether it has Observe. */
export async function register(world: World, registration: Registration = {}): Promise<string> {
  const { type = 'CON', code = '0.01', token = 'tok', observe = 0, query, accept, payload = '', from } = registration;
  const options = [opt.observe(observe), ...opt.path('r')];
  if (query !== undefined) options.push(opt.query(query));
  if (accept !== undefined) options.push(opt.raw(OptionNumber.ACCEPT, String.fromCharCode(accept)));
  await world.say({ type, code, token, options, payload }, from);
  const answer = await world.hear(from);
  return `${line(answer)}${uintOption(answer.options, OptionNumber.OBSERVE) === undefined ? '' : ' observed'}`;
}

export async function acknowledge(world: World, notification: CoapMessage, from?: LockStepPeer): Promise<void> {
  await world.say({ type: 'ACK', messageId: notification.messageId }, from);
}

/** What arrived, as lines. */
export async function heard(world: World, at: LockStepPeer = world.device): Promise<string[]> {
  await world.clock.settle();
  return at.takeAll().map((datagram) => line(decodeMessage(datagram)));
}
