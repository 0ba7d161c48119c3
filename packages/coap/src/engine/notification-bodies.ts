import type { CoapRequest, CoapResponse } from '../api.ts';
import { formatCode, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';
import type { TransferSettings } from './transfer-settings.ts';

/** Exactly one of them is called, once, or none after `cancel`. */
export interface BodyListener {
  onBody(response: CoapResponse): void;
  onLost(reason: CoapError): void;
}

/** Fetches the rest of notifications that come in blocks (RFC 7959 §3.4), of one observation and one at a time. */
export class NotificationBodies {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #request: CoapRequest;
  readonly #settings: TransferSettings;
  #current: { readonly transfer: ClientTransfer; readonly lose: (reason: CoapError) => void } | undefined;

  constructor(engine: Engine, state: PeerState, request: CoapRequest, settings: TransferSettings) {
    this.#engine = engine;
    this.#state = state;
    this.#request = request;
    this.#settings = settings;
  }

  /** Begins with the first block; none may be under way. */
  fetch(first: ArrivedResponse, listener: BodyListener): void {
    const lose = (reason: CoapError): void => {
      this.#current = undefined;
      listener.onLost(reason);
    };
    const transfer = new ClientTransfer({
      engine: this.#engine,
      state: this.#state,
      request: this.#request,
      settings: this.#settings,
      listener: {
        onResponse: (response) => {
          if (isSuccess(response.code)) {
            this.#current = undefined;
            listener.onBody(response);
          } else lose(lost(`the peer answered ${formatCode(response.code)} when asked for the rest of a notification`));
        },
        onFailure: lose,
      },
    });
    this.#current = { transfer, lose };
    transfer.beginWith(first);
  }

  /** Gives up what is under way, and says so. */
  abandon(reason: string): void {
    const current = this.#current;
    if (current === undefined) return;
    current.transfer.cancel();
    current.lose(lost(reason));
  }

  /** Gives up what is under way without a word. */
  cancel(): void {
    this.#current?.transfer.cancel();
    this.#current = undefined;
  }
}

function lost(text: string): CoapError {
  return new CoapError('ERR_COAP_BLOCK', text);
}
