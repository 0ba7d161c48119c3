import type { BlockValue } from '../block.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import type { PeerState } from './peer-state.ts';
import type { Relation } from './relation.ts';
import type { Responder } from './responder.ts';

/** One request message on its way to its answer. */
export interface Work {
  readonly state: PeerState;
  readonly message: CoapMessage;
  options: readonly CoapOption[];
  readonly responder: Responder;
  readonly block1: BlockValue | undefined;
  readonly block2: BlockValue | undefined;
  /** The observation that the handler accepted. */
  relation: Relation | undefined;
  answered: boolean;
  echoFresh: boolean;
}

/** What tells how the replies to a request are shaped, and those to an observation that it registered. */
export type ShapedWork = Pick<Work, 'state' | 'message' | 'options' | 'block1' | 'block2'>;
