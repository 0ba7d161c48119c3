import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import type { DtlsError } from '../../src/errors.ts';
import { clientMachine } from '../../src/handshake/client/client-machine.ts';
import type { ClientContext, ServerContext } from '../../src/handshake/contexts.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import type {
  ConnectionSecrets,
  EstablishedConnection,
  FlightItem,
  HandshakeInput,
  HandshakeMachine,
  HandshakeOutput,
  PeerVerdict,
} from '../../src/handshake/machine.ts';
import { serverMachine } from '../../src/handshake/server/server-machine.ts';
import type { CertificateMessage } from '../../src/messages/certificate.ts';
import { encodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';

/** How a machine's questions are answered. */
export interface PairAnswers {
  lookUpPsk(identity: Uint8Array): Uint8Array | undefined;
  verifyPeer(certificate: CertificateMessage): PeerVerdict;
}

/** What a pair of machines is made of. */
export interface PairOptions {
  readonly client: ClientContext;
  readonly server: ServerContext;
  readonly clientAnswers: PairAnswers;
  readonly serverAnswers: PairAnswers;
  /** Whether the client has to come back with a cookie. */
  readonly cookie: boolean;
}

/** What became of one of the machines. */
export interface PartyOutcome {
  readonly outputs: readonly HandshakeOutput[];
  readonly secrets: ConnectionSecrets | undefined;
  readonly connection: EstablishedConnection | undefined;
  readonly error: DtlsError | undefined;
  /** Flights that it sent, each in words: types of messages and `ccs`. */
  readonly flights: readonly (readonly (number | 'ccs')[])[];
}

class Party {
  readonly outputs: HandshakeOutput[] = [];
  readonly #machine: HandshakeMachine;
  readonly #answers: PairAnswers;
  readonly #sent: FlightItem[] = [];

  constructor(machine: HandshakeMachine, answers: PairAnswers) {
    this.#machine = machine;
    this.#answers = answers;
    this.#take(machine.start());
  }

  hear(input: HandshakeInput): void {
    if (input.kind === 'changeCipherSpec' && !this.#machine.expectsChangeCipherSpec) return;
    this.#take(this.#machine.step(input));
  }

  /** What it has sent since the last call. */
  takeSent(): FlightItem[] {
    return this.#sent.splice(0);
  }

  get outcome(): PartyOutcome {
    const { outputs } = this;
    return {
      outputs,
      secrets: outputs.find((output) => output.kind === 'keys')?.secrets,
      connection: outputs.find((output) => output.kind === 'connected')?.connection,
      error: outputs.find((output) => output.kind === 'failed')?.error,
      flights: outputs.flatMap((output) =>
        output.kind === 'send'
          ? [output.flight.map((item) => (item.kind === 'message' ? item.message.type : 'ccs'))]
          : [],
      ),
    };
  }

  #take(outputs: readonly HandshakeOutput[]): void {
    this.outputs.push(...outputs);
    for (const output of outputs) {
      if (output.kind === 'send') this.#sent.push(...output.flight);
      if (output.kind === 'needPsk') this.hear({ kind: 'psk', key: this.#answers.lookUpPsk(output.identity) });
      if (output.kind === 'needPeer')
        this.hear({ kind: 'peer', verdict: this.#answers.verifyPeer(output.certificate) });
    }
  }
}

/** Runs a client machine and a server machine against each other until both are silent. Nothing is lost on the way. */
export function runPair(options: PairOptions): { readonly client: PartyOutcome; readonly server: PartyOutcome } {
  const client = new Party(clientMachine(options.client), options.clientAnswers);
  const server = new Party(serverMachine(options.server), options.serverAnswers);
  if (options.cookie) {
    client.takeSent();
    const body = encodeHelloVerifyRequest({ version: 0xfeff, cookie: new Uint8Array(32).fill(0xc0) });
    const message = encodeHandshakeMessage(HandshakeType.helloVerifyRequest, 0, body);
    client.hear({ kind: 'message', message, epoch: 0 });
  }
  for (let turn = 0; turn < 10; turn += 1) {
    const toServer = client.takeSent();
    for (const item of toServer) server.hear(item);
    const toClient = server.takeSent();
    for (const item of toClient) client.hear(item);
    if (toServer.length + toClient.length === 0) return { client: client.outcome, server: server.outcome };
  }
  throw new Error('the machines never come to an end');
}

/** Names of suites as a context has them, in this order. */
export const suitesNamed = (...names: readonly string[]): typeof CIPHER_SUITES =>
  names.flatMap((name) => CIPHER_SUITES.filter((suite) => suite.name === name));
