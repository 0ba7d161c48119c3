import {
  extendedMasterSecret,
  masterSecret as classicMasterSecret,
  trafficKeys,
  transcriptHash,
} from '../crypto/key-schedule.ts';
import type { ConnectionSecrets } from './machine.ts';
import type { Transcript } from './transcript.ts';

/** What two hellos agree on that the secrets of the connection depend on. */
export interface SecretParameters extends Omit<ConnectionSecrets, 'keys' | 'masterSecret'> {
  readonly serverRandom: Uint8Array;
  /** RFC 7627. */
  readonly extendedMasterSecret: boolean;
  /** RFC 7366. */
  readonly encryptThenMac: boolean;
}

/** The master secret of a full handshake (RFC 5246 §8.1, RFC 7627 §4). The transcript ends with the ClientKeyExchange. */
export function handshakeMasterSecret(
  parameters: SecretParameters,
  premaster: Uint8Array,
  transcript: Transcript,
): Uint8Array {
  return parameters.extendedMasterSecret
    ? extendedMasterSecret(premaster, transcriptHash(transcript))
    : classicMasterSecret(premaster, parameters.clientRandom, parameters.serverRandom);
}

/** What the records of epoch 1 need, from the master secret of a new or of a resumed session. */
export function connectionSecrets(parameters: SecretParameters, masterSecret: Uint8Array): ConnectionSecrets {
  const { suite, clientRandom, serverRandom, encryptThenMac, localCid, peerCid, maxPlaintext } = parameters;
  return {
    suite,
    keys: trafficKeys(suite, masterSecret, clientRandom, serverRandom, encryptThenMac),
    masterSecret,
    clientRandom,
    localCid,
    peerCid,
    maxPlaintext,
  };
}
