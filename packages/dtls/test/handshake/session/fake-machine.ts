import type { CipherSuite } from '../../../src/cipher-suites.ts';
import { cipherSuite } from '../../../src/cipher-suites.ts';
import { DtlsError } from '../../../src/errors.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { HandshakeMessage } from '../../../src/handshake/handshake-message.ts';
import type {
  ConnectionSecrets,
  EstablishedConnection,
  FlightItem,
  HandshakeInput,
  HandshakeMachine,
  HandshakeOutput,
} from '../../../src/handshake/machine.ts';

const PSK_CCM_8 = cipherSuite(0xc0a8) as CipherSuite;

/** Secrets that two stages of a test share: the keys are what the key schedule would give, only known. */
export const SECRETS: ConnectionSecrets = {
  suite: PSK_CCM_8,
  keys: { cipher: 'aes-128-ccm-8', block: Uint8Array.from({ length: 40 }, (_, index) => index), encryptThenMac: false },
  masterSecret: new Uint8Array(48),
  clientRandom: new Uint8Array(32),
  localCid: undefined,
  peerCid: undefined,
  maxPlaintext: 16_384,
};

export const CONNECTION: EstablishedConnection = {
  ...SECRETS,
  identity: { kind: 'psk', identity: 'device' },
  resumed: false,
  serverName: undefined,
  resumable: undefined,
};

/** A message with a body of so many bytes, each with the number of the message in it. */
export function message(type: number, sequence: number, size = 20): HandshakeMessage {
  return encodeHandshakeMessage(type, sequence, new Uint8Array(size).fill(sequence));
}

export function item(message: HandshakeMessage, epoch: 0 | 1 = 0): FlightItem {
  return { kind: 'message', epoch, message };
}

export const CHANGE_CIPHER_SPEC: FlightItem = { kind: 'changeCipherSpec' };

/** What a machine does next, and the input that it does it for: `TYPE.SEQUENCE` of a message with `[]` around it in epoch 1, or the kind. */
export interface ScriptLine {
  readonly on: string;
  readonly outputs?: readonly HandshakeOutput[];
  readonly expectsChangeCipherSpec?: boolean;
  readonly isWaiting?: boolean;
}

/** A machine that does what its script says, and fails with `unexpected_message` for any other input. */
export class FakeMachine implements HandshakeMachine {
  expectsChangeCipherSpec = false;
  isWaiting = false;
  /** All inputs so far. */
  readonly inputs: string[] = [];
  readonly #script: ScriptLine[];
  readonly #first: readonly HandshakeOutput[];

  constructor(script: readonly ScriptLine[], first: readonly HandshakeOutput[] = []) {
    this.#script = [...script];
    this.#first = first;
  }

  start(): readonly HandshakeOutput[] {
    return this.#first;
  }

  step(input: HandshakeInput): readonly HandshakeOutput[] {
    const name = nameOf(input);
    this.inputs.push(name);
    const line = this.#script.shift();
    if (line?.on !== name) {
      const alert = 'unexpected_message';
      return [
        { kind: 'failed', error: new DtlsError('ERR_DTLS_HANDSHAKE', `${name} is not ${line?.on ?? ''}`, { alert }) },
      ];
    }
    this.expectsChangeCipherSpec = line.expectsChangeCipherSpec ?? false;
    this.isWaiting = line.isWaiting ?? false;
    return line.outputs ?? [];
  }
}

function nameOf(input: HandshakeInput): string {
  if (input.kind !== 'message') return input.kind;
  const name = `${input.message.type}.${input.message.sequence}`;
  return input.epoch === 0 ? name : `[${name}]`;
}

const KEYS: HandshakeOutput = { kind: 'keys', secrets: SECRETS };
const CONNECTED: HandshakeOutput = { kind: 'connected', connection: CONNECTION };
const NEED_PSK: HandshakeOutput = { kind: 'needPsk', identity: Uint8Array.of(1), hint: undefined };

function send(final: boolean, ...flight: readonly FlightItem[]): HandshakeOutput {
  return { kind: 'send', flight, final };
}

/** A server of a full handshake with a pre-shared key, after the cookie. `size`: bytes of each of its messages. */
export function fakeServer(size = 20): FakeMachine {
  return new FakeMachine([
    {
      on: '1.1',
      outputs: [
        send(
          false,
          item(message(HandshakeType.serverHello, 1, size)),
          item(message(HandshakeType.serverHelloDone, 2, 0)),
        ),
      ],
    },
    { on: '16.2', outputs: [NEED_PSK], isWaiting: true },
    { on: 'psk', outputs: [KEYS], expectsChangeCipherSpec: true },
    { on: 'changeCipherSpec' },
    {
      on: '[20.3]',
      outputs: [send(true, CHANGE_CIPHER_SPEC, item(message(HandshakeType.finished, 3, 12), 1)), CONNECTED],
    },
  ]);
}

/** A server that resumes: its flight ends with its Finished, the client's is the last. */
export function fakeResumingServer(): FakeMachine {
  return new FakeMachine([
    {
      on: '1.1',
      outputs: [
        KEYS,
        send(
          false,
          item(message(HandshakeType.serverHello, 1)),
          CHANGE_CIPHER_SPEC,
          item(message(HandshakeType.finished, 2, 12), 1),
        ),
      ],
      expectsChangeCipherSpec: true,
    },
    { on: 'changeCipherSpec' },
    { on: '[20.2]', outputs: [CONNECTED] },
  ]);
}

/** A client of a full handshake with a pre-shared key. `size`: bytes of its ClientKeyExchange. */
export function fakeClient(size = 20): FakeMachine {
  return new FakeMachine(
    [
      { on: '3.0', outputs: [send(false, item(message(HandshakeType.clientHello, 1)))] },
      { on: '2.1' },
      {
        on: '14.2',
        outputs: [
          KEYS,
          send(
            false,
            item(message(HandshakeType.clientKeyExchange, 2, size)),
            CHANGE_CIPHER_SPEC,
            item(message(HandshakeType.finished, 3, 12), 1),
          ),
        ],
        expectsChangeCipherSpec: true,
      },
      { on: 'changeCipherSpec' },
      { on: '[20.3]', outputs: [CONNECTED] },
    ],
    [send(false, item(message(HandshakeType.clientHello, 0)))],
  );
}

/** A client that resumes without having met the cookie: its last flight is that of the handshake. */
export function fakeResumingClient(): FakeMachine {
  return new FakeMachine(
    [
      { on: '2.0', outputs: [KEYS], expectsChangeCipherSpec: true },
      { on: 'changeCipherSpec' },
      {
        on: '[20.1]',
        outputs: [send(true, CHANGE_CIPHER_SPEC, item(message(HandshakeType.finished, 1, 12), 1)), CONNECTED],
      },
    ],
    [send(false, item(message(HandshakeType.clientHello, 0)))],
  );
}
