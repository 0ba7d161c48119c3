import type { CoapReply } from '@flownexus/coap';
import type { ObjectTree } from '../objects/object-tree.ts';
import { refusalReply } from './refuse.ts';

/** The reply of `perform`, or that of what it refuses. The listeners of the tree hear of what it changed when the reply has left. */
export function answerQuietly<T extends CoapReply | Promise<CoapReply>>(
  tree: ObjectTree,
  perform: () => T,
): T | CoapReply | Promise<CoapReply> {
  const [reply, announce] = tree.quietly(() => {
    try {
      return perform();
    } catch (error) {
      return refusalReply(error);
    }
  });
  if (!(reply instanceof Promise)) return announce === undefined ? reply : announcing(reply, announce);
  // What the handlers of an Execute change in their own time is told at once.
  announce?.();
  return reply.catch(refusalReply);
}

/** The reply, after which the listeners of the tree hear of what it changed. */
export function announcing(reply: CoapReply, announce: () => void): CoapReply {
  const { afterSent, onUnsent } = reply;
  return {
    ...reply,
    afterSent: () => {
      announce();
      afterSent?.();
    },
    onUnsent: () => {
      announce();
      onUnsent?.();
    },
  };
}
