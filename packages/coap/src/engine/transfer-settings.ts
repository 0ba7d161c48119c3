import type { RequestOptions, TransferProgress } from '../api.ts';
import { largestSzx } from '../block.ts';
import { MAX_BODY_SIZE } from '../limits.ts';
import { checkRange } from './check-range.ts';
import type { Engine } from './engine.ts';
import type { ResolvedSettings } from './peer-settings.ts';
import type { PeerState } from './peer-state.ts';
import { transmissionParameters, transmissionTimes } from './transmission-parameters.ts';

/** What the messages and bodies of a request keep to. */
export interface TransferSettings extends ResolvedSettings {
  /** The caller chose the size of the blocks: the peer is told (RFC 7959 §2.4). */
  readonly negotiate: boolean;
  readonly maxBodySize: number;
  readonly onProgress: ((progress: TransferProgress) => void) | undefined;
}

/** What requests to a peer keep to that have no options of their own. */
export function defaultSettings({ settings }: Engine, state: PeerState): TransferSettings {
  return { ...state.settings, negotiate: false, maxBodySize: settings.maxBodySize, onProgress: undefined };
}

/** `base` with the changes of a request. Throws `RangeError` for a value out of its range. */
export function transferSettings(base: TransferSettings, options: RequestOptions | undefined): TransferSettings {
  if (options === undefined) return base;
  const { parameters, blockSize, maxBodySize, onProgress } = options;
  let settings = base;
  if (parameters !== undefined) {
    const changed = transmissionParameters({ ...base.parameters, ...parameters });
    settings = { ...settings, parameters: changed, times: transmissionTimes(changed) };
  }
  if (blockSize !== undefined) {
    settings = { ...settings, szx: largestSzx(checkRange('blockSize', blockSize, 16, 1024)), negotiate: true };
  }
  if (maxBodySize !== undefined) {
    settings = { ...settings, maxBodySize: checkRange('maxBodySize', maxBodySize, 1, MAX_BODY_SIZE) };
  }
  return onProgress === undefined ? settings : { ...settings, onProgress };
}
