import { ANONYMOUS, TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { CoapError, type CoapReply, type ObservableOptions, type ObserveRelation, replies } from '../../src/index.ts';
import { PacedRelation } from '../../src/server/paced-relation.ts';
import { pacingOf } from '../../src/server/pacing.ts';
import { SharedRepresentation } from '../../src/server/shared-representation.ts';
import { text } from '../scenarios/world.ts';

/** A relation that fails when told so. */
class ScriptedRelation implements ObserveRelation {
  readonly peer = { key: 'p', host: 'h', port: 1, identity: ANONYMOUS, pathValidated: true };
  readonly token = new Uint8Array();
  onEnd: (() => void) | undefined = undefined;
  active = true;
  failure: Error | undefined;
  readonly sent: string[] = [];

  notify(reply: CoapReply): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.sent.push(text(reply.payload ?? new Uint8Array()));
    return Promise.resolve();
  }

  reportError(error: unknown): void {
    throw error;
  }

  end(): void {
    this.active = false;
  }
}

function paced(observable: ObservableOptions): {
  readonly clock: VirtualClock;
  readonly timers: TimerQueue;
  readonly relation: ScriptedRelation;
  readonly change: (state: string) => void;
} {
  const clock = new VirtualClock();
  const timers = new TimerQueue({ clock });
  const relation = new ScriptedRelation();
  let state = 'a';
  const representation = new SharedRepresentation({
    produce: () => replies.content(state),
    onFailure: () => replies.notFound(),
    onGone: () => undefined,
  });
  const context = { clock, timers };
  const observer = new PacedRelation(context, relation, representation, pacingOf(observable)!, true);
  representation.add(observer);
  observer.established(replies.content(state)).afterSent?.();
  const change = (next: string): void => {
    state = next;
    representation.changed();
  };
  return { clock, timers, relation, change };
}

describe('a paced relation', () => {
  test('waits 3 seconds when a bound was in the way; then the newest state goes out', async () => {
    const { clock, timers, relation, change } = paced({});
    relation.failure = new CoapError('ERR_COAP_LIMIT', 'full');
    change('b');
    await clock.settle();
    relation.failure = undefined;
    change('c');
    await clock.advanceAsync(2999);
    expect(relation.sent).toEqual([]);
    await clock.advanceAsync(1);
    expect([relation.sent, relation.active, timers.size]).toEqual([['c'], true, 0]);
  });

  test('has one timer, however often the state changes meanwhile', async () => {
    const { clock, timers, relation, change } = paced({ confirmable: false });
    change('b');
    await clock.settle();
    change('c');
    change('d');
    expect(timers.size).toBe(1);
    await clock.advanceAsync(3000);
    expect([relation.sent, timers.size]).toEqual([['b', 'd'], 0]);
  });
});
