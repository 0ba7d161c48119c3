// What the processes of the DTLS benchmark say to each other.
import type { Credentials } from './credentials.ts';

/** What a server does: a kind of handshake, or an echo of datagrams. */
export type Mode = 'psk' | 'psk-cid' | 'ecdsa' | 'ecdsa-cid' | 'records' | 'records-cid' | 'bare';

export interface Order {
  readonly mode: Mode;
  readonly credentials: Credentials;
  /** Of the datagrams that are echoed. */
  readonly size: number;
}

/** The first thing that a load generator is told. */
export interface LoadOrder extends Order {
  readonly port: number;
  /** How many handshakes or datagrams are under way at a time. */
  readonly concurrency: number;
}

export type LoadMessage =
  { readonly kind: 'ready' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string };

/** What a server says: where it listens, its processor time since its start, and what the primitives took when it was asked for that. */
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'cpu'; readonly micros: number }
  | { readonly kind: 'floor'; readonly micros: number };

export const PSK_KEY: Uint8Array = new Uint8Array(16).fill(3);

/** What the client with a number shows: each is somebody else. */
export function pskOf(client: number): { readonly identity: string; readonly key: Uint8Array } {
  return { identity: `urn:dev:os:32473-device-${client}`, key: PSK_KEY };
}

export const CID_LENGTH = 6;

export function isHandshake(mode: Mode): boolean {
  return mode.startsWith('psk') || mode.startsWith('ecdsa');
}

export function hasCid(mode: Mode): boolean {
  return mode.endsWith('-cid');
}
