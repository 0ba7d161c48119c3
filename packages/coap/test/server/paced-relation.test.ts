import { ANONYMOUS, TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { CoapError, type CoapReply, type ObserveRelation, replies } from '../../src/index.ts';
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

  end(): void {
    this.active = false;
  }
}

describe('a bound in the way of a notification', () => {
  test('makes it wait 3 seconds; then the newest state goes out', async () => {
    const clock = new VirtualClock();
    const relation = new ScriptedRelation();
    let state = 0;
    const representation = new SharedRepresentation({
      produce: () => replies.content(`${state}`),
      onFailure: () => replies.notFound(),
      onGone: () => undefined,
    });
    const context = { clock, timers: new TimerQueue({ clock }), onError: () => undefined };
    const paced = new PacedRelation(context, relation, representation, pacingOf(true)!, true);
    representation.add(paced);
    paced.established(replies.content('0')).afterSent?.();
    relation.failure = new CoapError('ERR_COAP_LIMIT', 'full');
    state = 1;
    representation.changed();
    await clock.settle();
    relation.failure = undefined;
    await clock.advanceAsync(2999);
    expect(relation.sent).toEqual([]);
    state = 2;
    await clock.advanceAsync(1);
    expect([relation.sent, relation.active, clock.pendingTimers]).toEqual([['2'], true, 0]);
  });
});
