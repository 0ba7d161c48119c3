import { describe, expect, test } from 'vitest';
import { parsePath } from '@flownexus/lwm2m-core';
import type { Notification } from '../../src/index.ts';
import { limits } from '../../src/limits.ts';
import { Subscription } from '../../src/observation/subscription.ts';

const path = parsePath('/3/0/9');

function setUp(): { subscription: Subscription; log: string[]; released: PromiseWithResolvers<void> } {
  const log: string[] = [];
  const released = Promise.withResolvers<undefined>();
  const subscription: Subscription = new Subscription(
    path,
    {},
    {
      dropped: () => log.push('dropped'),
      reportError: (error, context) => log.push(`${context}: ${String(error)}`),
    },
  );
  subscription.attachment = {
    release: async ({ passive }) => {
      log.push(passive === true ? 'release passively' : 'release');
      await released.promise;
    },
    leave: () => log.push('leave'),
  };
  return { subscription, log, released: released as PromiseWithResolvers<void> };
}

function notification(value: number): Notification {
  // Only its identity matters here.
  return { receivedAt: value } as Notification;
}

describe('Subscription', () => {
  test('an iterator takes what was buffered, then what comes', async () => {
    const { subscription } = setUp();
    subscription.deliver(notification(1));
    subscription.deliver(notification(2));
    const iterator = subscription[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: notification(1) });
    expect(await iterator.next()).toEqual({ done: false, value: notification(2) });
    const next = iterator.next();
    subscription.deliver(notification(3));
    expect(await next).toEqual({ done: false, value: notification(3) });
  });

  test('beyond its bound the oldest goes, and is counted', async () => {
    const { subscription, log } = setUp();
    for (let value = 0; value < limits.maxBufferedNotifications + 2; value += 1)
      subscription.deliver(notification(value));
    expect(log).toEqual(['dropped', 'dropped']);
    const { value } = await subscription[Symbol.asyncIterator]().next();
    expect(value).toEqual(notification(2));
  });

  test('a failure comes after what is buffered, once', async () => {
    const { subscription } = setUp();
    subscription.deliver(notification(1));
    subscription.fail(new Error('gone'));
    subscription.deliver(notification(2));
    await expect(subscription.established).rejects.toThrow('gone');
    const iterator = subscription[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(notification(1));
    await expect(iterator.next()).rejects.toThrow('gone');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('a failure reaches an iterator that waits', async () => {
    const { subscription } = setUp();
    const iterator = subscription[Symbol.asyncIterator]();
    const [first, second] = [iterator.next(), iterator.next()];
    subscription.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(await second).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('calls of next() that wait are bounded', async () => {
    const { subscription } = setUp();
    const iterator = subscription[Symbol.asyncIterator]();
    const waiting = Array.from({ length: limits.maxWaitingTakes }, () => iterator.next());
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_LIMIT' });
    subscription.deliver(notification(1));
    expect(await waiting[0]).toEqual({ done: false, value: notification(1) });
    void subscription.cancel();
    expect(await waiting.at(-1)).toEqual({ done: true, value: undefined });
  });

  test('cancelling ends the iteration and settles what was not established', async () => {
    const { subscription, log, released } = setUp();
    const waiting = subscription[Symbol.asyncIterator]().next();
    const cancelled = subscription.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect(subscription.established).rejects.toThrow('cancelled');
    released.resolve();
    await cancelled;
    await subscription.cancel();
    expect(log).toEqual(['release']);
  });

  test('cancelling passively passes that on; one without a share has nobody to tell', async () => {
    const { subscription, log, released } = setUp();
    released.resolve();
    await subscription.cancel({ passive: true });
    expect(log).toEqual(['release passively']);
    const waiting = setUp();
    waiting.subscription.attachment = undefined;
    await waiting.subscription.cancel();
    expect(waiting.subscription.over).toBe(true);
  });

  test('giving up leaves the share, which a failure from there does not', () => {
    const { subscription, log } = setUp();
    subscription.fail(new Error('gone'));
    expect(log).toEqual([]);
    const other = setUp();
    other.subscription.giveUp(new Error('no time'));
    expect(other.log).toEqual(['leave']);
  });

  test('leaving the loop cancels without waiting for the device, whose failure is reported', async () => {
    const { subscription, log, released } = setUp();
    subscription.deliver(notification(1));
    for await (const one of subscription) {
      expect(one).toEqual(notification(1));
      break;
    }
    expect(log).toEqual(['release']);
    released.reject(new Error('asleep'));
    await new Promise(setImmediate);
    expect(log[1]).toBe('an observation that was left could not be cancelled at the device: Error: asleep');
  });
});
