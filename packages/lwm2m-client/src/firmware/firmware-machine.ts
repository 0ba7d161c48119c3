import { FirmwareResult, FirmwareState } from './firmware-results.ts';

/** Where the Firmware Update Object is. */
export interface FirmwareModel {
  readonly state: FirmwareState;
  readonly result: FirmwareResult;
  /** Whether the blocks of a package are coming that a server writes. */
  readonly receiving: boolean;
  /** Whether an update that was asked for waits for its time (Result 11). */
  readonly deferred: boolean;
}

/** What happens to it. */
export type FirmwareInput =
  /** A server writes a block of a package, with others to follow. */
  | { readonly kind: 'block' }
  /** The next block does not come. */
  | { readonly kind: 'blockMissing' }
  /** A server has written a whole package. */
  | { readonly kind: 'package' }
  /** A server writes a Package URI. */
  | { readonly kind: 'uri' }
  /** A server writes nothing, or a NUL byte as the package. */
  | { readonly kind: 'reset' }
  /** The package is here and in order; `automatic`: it is installed at once (5/0/14). */
  | { readonly kind: 'delivered'; readonly automatic: boolean }
  | { readonly kind: 'undeliverable'; readonly result: FirmwareResult }
  /** A server executes Update; `defer`: the device puts it off. */
  | { readonly kind: 'update'; readonly defer: boolean }
  | { readonly kind: 'deferralOver' }
  /** A server executes Cancel, or somebody at the device does. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'installed' }
  | { readonly kind: 'installFailed'; readonly result: FirmwareResult }
  /** The device lost its power: what was under way is gone. */
  | { readonly kind: 'restarted' };

/** What is to be done about it, in this order. */
export type FirmwareCommand =
  /** Wait for the next block, not for ever. */
  | 'awaitBlock'
  /** Fetch what the URI is of, or look at what was written. */
  | 'fetch'
  | 'inspect'
  /** End what was under way, and forget the package. */
  | 'discard'
  | 'startDeferral'
  /** Wait no longer: for a block, or for the end of a deferral. */
  | 'stopWaiting'
  | 'install'
  /** The device starts anew with what it installed. */
  | 'restart';

export interface FirmwareStep {
  readonly model: FirmwareModel;
  readonly commands: readonly FirmwareCommand[];
}

export const FIRMWARE_AT_FIRST: FirmwareModel = {
  state: FirmwareState.IDLE,
  result: FirmwareResult.INITIAL,
  receiving: false,
  deferred: false,
};

/**
 * The device side of an update (TS Core 1.1 Appendix E.6, Figure E.6.1-1). Undefined: not in this state; a server is answered 4.05.
 *
 * ```
 *     block, package, uri           delivered              update                  installed
 *  Idle ──────────────▶ Downloading ─────────▶ Downloaded ────────▶ Updating ───────────────▶ Idle, Result 1
 *   ▲                     │                     │  ▲  │ update that is put off: Result 11      (and a restart)
 *   │ undeliverable: 2…9  │                     │  │  └──▶ Downloaded ── deferralOver ──▶ Updating
 *   │ cancel: 10          │              cancel │  └─ installFailed: Result 8 ── Updating
 *   │ reset: 0            │           reset     │
 *   └─────────────────────┴─────────────────────┘
 * ```
 */
export function stepFirmware(model: FirmwareModel, input: FirmwareInput): FirmwareStep | undefined {
  const { IDLE, DOWNLOADING, DOWNLOADED, UPDATING } = FirmwareState;
  const { state } = model;
  switch (input.kind) {
    case 'block':
      return state === IDLE || model.receiving ? receiving() : undefined;
    case 'blockMissing':
      return model.receiving ? to(IDLE, FirmwareResult.CONNECTION_LOST, 'discard') : undefined;
    case 'package':
      if (state !== IDLE && !model.receiving) return undefined;
      return to(DOWNLOADING, FirmwareResult.INITIAL, 'stopWaiting', 'inspect');
    case 'uri':
      return state === IDLE ? to(DOWNLOADING, FirmwareResult.INITIAL, 'fetch') : undefined;
    case 'reset':
      return state === UPDATING ? undefined : to(IDLE, FirmwareResult.INITIAL, 'stopWaiting', 'discard');
    case 'delivered':
      if (state !== DOWNLOADING || model.receiving) return undefined;
      return input.automatic ? to(UPDATING, FirmwareResult.INITIAL, 'install') : to(DOWNLOADED, FirmwareResult.INITIAL);
    case 'undeliverable':
      return state === DOWNLOADING ? to(IDLE, input.result, 'stopWaiting', 'discard') : undefined;
    case 'update':
      if (state !== DOWNLOADED) return undefined;
      if (model.deferred) return { model, commands: [] };
      return input.defer ? deferred() : to(UPDATING, FirmwareResult.INITIAL, 'install');
    case 'deferralOver':
      return model.deferred ? to(UPDATING, FirmwareResult.INITIAL, 'install') : undefined;
    case 'cancel':
      if (state !== DOWNLOADING && state !== DOWNLOADED) return undefined;
      return to(IDLE, FirmwareResult.CANCELLED, 'stopWaiting', 'discard');
    case 'installed':
      return state === UPDATING ? to(IDLE, FirmwareResult.SUCCESS, 'discard', 'restart') : undefined;
    case 'installFailed':
      return state === UPDATING ? to(DOWNLOADED, input.result) : undefined;
    case 'restarted':
      // What was downloaded is in flash and stays, and so does the last result. What was being installed is taken up again.
      if (state === DOWNLOADING) return to(IDLE, FirmwareResult.INITIAL, 'stopWaiting', 'discard');
      if (state === UPDATING) return { model, commands: ['install'] };
      return model.deferred ? { model, commands: ['startDeferral'] } : { model, commands: [] };
  }
}

function to(state: FirmwareState, result: FirmwareResult, ...commands: readonly FirmwareCommand[]): FirmwareStep {
  return { model: { state, result, receiving: false, deferred: false }, commands };
}

function receiving(): FirmwareStep {
  const { DOWNLOADING } = FirmwareState;
  const model = { state: DOWNLOADING, result: FirmwareResult.INITIAL, receiving: true, deferred: false };
  return { model, commands: ['awaitBlock'] };
}

function deferred(): FirmwareStep {
  const model = { state: FirmwareState.DOWNLOADED, result: FirmwareResult.DEFERRED, receiving: false, deferred: true };
  return { model, commands: ['startDeferral'] };
}
