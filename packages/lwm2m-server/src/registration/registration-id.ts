import type { RandomSource } from '@flownexus/datagram';

/** 96 bits: 16 characters, which every client keeps (Zephyr 32, Anjay Lite 40), and nobody guesses. */
const REGISTRATION_ID_BYTES = 12;

/** A new registration ID of 16 URL-safe characters. It authorises Updates without DTLS, so it is unguessable. */
export function newRegistrationId(random: RandomSource, isTaken: (id: string) => boolean): string {
  for (;;) {
    const { buffer, byteOffset, length } = random.bytes(REGISTRATION_ID_BYTES);
    const id = Buffer.from(buffer, byteOffset, length).toString('base64url');
    if (!isTaken(id)) return id;
  }
}
