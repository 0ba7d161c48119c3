import type { CoapRequest, CoapResponse, RequestOptions } from '../api.ts';
import type { CoapError } from '../errors.ts';
import { boundedPromise } from './bounded-promise.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import type { Exchange } from './exchange.ts';
import type { PeerState } from './peer-state.ts';
import { transferSettings, type TransferSettings } from './transfer-settings.ts';

export interface ObservationRequestOptions {
  readonly engine: Engine;
  readonly state: PeerState;
  readonly request: CoapRequest;
  readonly token: Uint8Array;
  /** 0 registers again, 1 cancels. */
  readonly observe: 0 | 1;
  /** Those of the observation. */
  readonly settings: TransferSettings;
  /** Those of the caller. */
  readonly bounds: RequestOptions | undefined;
  /** Called once before the promise settles. Neither a response nor an error: a bound of the caller was reached. */
  readonly onDone: (response: CoapResponse | undefined, error?: CoapError) => void;
}

/**
 * A request about an established observation: with the same token and the same options, only Observe may differ
 * (RFC 7641 §3.3.1, §3.6).
 */
export class ObservationRequest {
  readonly response: Promise<CoapResponse>;
  #transfer: ClientTransfer | undefined;
  #resolve: ((response: CoapResponse) => void) | undefined;
  #reject: ((error: CoapError) => void) | undefined;
  #done = false;

  /** Sends. Nothing is sent, and `onDone` is not called, when the caller's signal was aborted before. */
  constructor(options: ObservationRequestOptions) {
    const { engine, state, request, token, observe, bounds, onDone } = options;
    this.response = boundedPromise(engine.timers, bounds, (resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const done = (response: CoapResponse | undefined, error?: CoapError): void => {
        this.#done = true;
        onDone(response, error);
      };
      const transfer = new ClientTransfer({
        engine,
        state,
        request,
        settings: transferSettings(options.settings, bounds),
        observe,
        token,
        listener: {
          onResponse: (response) => {
            done(response);
            resolve(response);
          },
          onFailure: (error) => {
            done(undefined, error);
            reject(error);
          },
        },
      });
      this.#transfer = transfer;
      transfer.begin();
      return () => {
        transfer.cancel();
        done(undefined);
      };
    });
  }

  /** Whether it is under way. */
  get pending(): boolean {
    return this.#transfer !== undefined && !this.#done;
  }

  /** The message exchange under way. */
  get exchange(): Exchange | undefined {
    return this.#transfer?.exchange;
  }

  /** A block of the request waits for its answer, and others are to follow. */
  get uploading(): boolean {
    return this.#transfer?.atEnd === false;
  }

  /** What came otherwise takes the place of its response. `onDone` is not called. */
  answer(response: CoapResponse): void {
    this.#giveUp();
    this.#resolve?.(response);
  }

  /** The peer or the endpoint is gone. */
  onClosed(error: CoapError): void {
    this.#transfer?.onClosed(error);
  }

  /** It is not wanted any more. `onDone` is not called. */
  fail(error: CoapError): void {
    this.#giveUp();
    this.#reject?.(error);
  }

  #giveUp(): void {
    this.#done = true;
    this.#transfer?.cancel();
  }
}
