import type {
  CoapError,
  CoapMessage,
  CoapNotification,
  CoapObservation,
  CoapRequest,
  ObservationEnd,
} from '../../src/index.ts';
import { Code } from '../../src/index.ts';
import { opt, text, type World } from './world.ts';

/** What an observer saw. */
export interface Seen {
  readonly notifications: CoapNotification[];
  readonly lines: string[];
  readonly ends: ObservationEnd[];
  /** Codes and messages of what `onAbandoned` was called with. */
  readonly abandoned?: string[];
  /** What `onNotification` returns or does. Default: nothing. */
  handle: (notification: CoapNotification) => void | Promise<void>;
}

export const observedRequest: CoapRequest = { method: Code.GET, path: ['3303', '0', '5700'], accept: 112 };

/** Registers an observation that the device accepts with Observe 5. */
export async function establish(
  world: World,
  request: CoapRequest = observedRequest,
): Promise<{ observation: CoapObservation; seen: Seen; registration: CoapMessage }> {
  const seen: Seen = { notifications: [], lines: [], ends: [], abandoned: [], handle: () => undefined };
  const pending = world.endpoint.observe(world.peer, request, observerOf(seen));
  const registration = await world.hear();
  await world.piggyback(registration, { code: '2.05', options: [opt.observe(5)], payload: 'first' });
  return { observation: await pending, seen, registration };
}

export function observerOf(seen: Seen): {
  onNotification: (notification: CoapNotification) => void | Promise<void>;
  onAbandoned: (reason: CoapError) => void;
  onEnd: (end: ObservationEnd) => void;
} {
  return {
    onNotification: (notification) => {
      seen.notifications.push(notification);
      seen.lines.push(`${text(notification.payload)}${notification.fresh ? '' : ' stale'}`);
      return seen.handle(notification);
    },
    onAbandoned: ({ code, message }) => {
      seen.abandoned?.push(`${code}: ${message}`);
    },
    onEnd: (end) => {
      seen.ends.push(end);
    },
  };
}

/** A notification of the device. */
export function notify(
  world: World,
  token: Uint8Array,
  observe: number,
  payload: string,
  more: { readonly type?: 'CON' | 'NON'; readonly messageId?: number } = {},
): Promise<CoapMessage> {
  return world.say({ type: 'CON', code: '2.05', token, options: [opt.observe(observe)], payload, ...more });
}
