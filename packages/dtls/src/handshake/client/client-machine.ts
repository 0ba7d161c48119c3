import type { ClientContext } from '../contexts.ts';
import type { HandshakeInput, HandshakeMachine, HandshakeOutput, Step } from '../machine.ts';
import type { ClientState } from './client-state.ts';
import { startClient, stepClient } from './step-client.ts';

/** A client machine in use: `stepClient` and its present state. */
export function clientMachine(context: ClientContext): HandshakeMachine {
  let state: ClientState | undefined;

  const take = (step: Step<ClientState>): readonly HandshakeOutput[] => {
    state = step.state;
    return step.outputs;
  };

  return {
    start() {
      if (state !== undefined) throw new TypeError('the handshake has begun');
      return take(startClient(context));
    },
    step(input: HandshakeInput) {
      if (state === undefined) throw new TypeError('the handshake has not begun');
      return take(stepClient(context, state, input));
    },
    get expectsChangeCipherSpec() {
      return state?.kind === 'changeCipherSpec';
    },
    get isWaiting() {
      return state?.kind === 'psk' || state?.kind === 'peer';
    },
  };
}
