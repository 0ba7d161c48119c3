import type { Peer } from '@flownexus/datagram';
import { largestSzx } from '../block.ts';
import {
  transmissionParameters,
  transmissionTimes,
  type TransmissionParameters,
  type TransmissionTimes,
} from './transmission-parameters.ts';

/** What may differ from peer to peer. Absent: what the endpoint has. */
export interface PeerSettings {
  /** Changes to the endpoint's transmission parameters: an NB-IoT device wants an ACK_TIMEOUT of 15 s and more. */
  readonly parameters?: Partial<TransmissionParameters>;
  /** The size of the blocks that we choose towards this peer: 16 to 1024 bytes. */
  readonly preferredBlockSize?: number;
}

/** Settings as the engine works with them: each value checked, the derived ones computed. */
export interface ResolvedSettings {
  readonly parameters: TransmissionParameters;
  readonly times: TransmissionTimes;
  /** The exponent of the blocks that we choose (RFC 7959 §2.2). */
  readonly szx: number;
}

export type SettingsOf = (peer: Peer) => ResolvedSettings;

/** Throws `RangeError` for a value out of its range. */
function resolveSettings(settings: PeerSettings, base: TransmissionParameters, szx: number): ResolvedSettings {
  const { parameters, preferredBlockSize } = settings;
  const resolved = parameters === undefined ? base : transmissionParameters({ ...base, ...parameters });
  return {
    parameters: resolved,
    times: transmissionTimes(resolved),
    szx: preferredBlockSize === undefined ? szx : preferredSzx(preferredBlockSize),
  };
}

/** The exponent of a preferred block size. Throws `RangeError` unless that is 16 to 1024. */
export function preferredSzx(preferredBlockSize: number): number {
  if (preferredBlockSize >= 16 && preferredBlockSize <= 1024) return largestSzx(preferredBlockSize);
  throw new RangeError(`preferredBlockSize is 16 to 1024, not ${preferredBlockSize}`);
}

/**
 * The settings of each peer, as the application's callback tells. Peers of one class mostly share one object: it is resolved
 * once. What can't be resolved, or a callback that throws, is reported, and the peer has the settings of the endpoint.
 */
export function settingsSource(
  defaults: ResolvedSettings,
  callback: ((peer: Peer) => PeerSettings | undefined) | undefined,
  onError: (error: unknown) => void,
): SettingsOf {
  if (callback === undefined) return () => defaults;
  const known = new WeakMap<PeerSettings, ResolvedSettings>();
  return (peer) => {
    try {
      const settings = callback(peer);
      if (settings === undefined) return defaults;
      const resolved = known.get(settings) ?? resolveSettings(settings, defaults.parameters, defaults.szx);
      known.set(settings, resolved);
      return resolved;
    } catch (error) {
      onError(error);
      return defaults;
    }
  };
}
