import { ANONYMOUS, type Peer } from '@flownexus/datagram';
import type { DtlsLimits } from '../limits.ts';
import type { Association, Path } from './association.ts';

const MINUTE_MS = 60_000;

/**
 * Moves an association to where its newest record came from; the caller has made sure that it is the newest. False, and nothing changes, when it
 * has moved too often of late.
 */
export function moveTo(association: Association, from: Peer, nowMs: number, limits: DtlsLimits): boolean {
  association.path ??= newPath(association.lower, nowMs);
  const { path } = association;
  if (path.unproven?.key !== from.key && path.proven.key !== from.key) {
    if (nowMs - path.minuteBeganAtMs >= MINUTE_MS) {
      path.minuteBeganAtMs = nowMs;
      path.moves = 0;
    }
    if (path.moves >= limits.movesPerMinute) return false;
    path.moves += 1;
    path.unproven = from;
    path.received = 0;
    path.sent = 0;
  }
  association.lower = from;
  return true;
}

/** A datagram that authenticated has come from where the association is. */
export function countReceived(association: Association, bytes: number): void {
  if (association.path !== undefined && !association.pathValidated) association.path.received += bytes;
}

/** Whether `bytes` more may be sent to where the association is; if so they are counted. */
export function allowSending(association: Association, bytes: number, limits: DtlsLimits): boolean {
  const { path } = association;
  if (path === undefined || association.pathValidated) return true;
  if (path.sent + bytes > limits.unprovenFactor * path.received) return false;
  path.sent += bytes;
  return true;
}

/** The peer has proven that it receives where the association is. False when that was known. */
export function prove(association: Association): boolean {
  const { path } = association;
  if (path === undefined || association.pathValidated) return false;
  path.proven = association.lower;
  path.unproven = undefined;
  return true;
}

/** An association whose peer has proven nowhere that it receives. */
export function unprovenPath(nowMs: number): Path {
  return newPath(NOWHERE, nowMs);
}

function newPath(proven: Peer, nowMs: number): Path {
  return { proven, unproven: undefined, received: 0, sent: 0, minuteBeganAtMs: nowMs, moves: 0 };
}

const NOWHERE: Peer = Object.freeze({ key: '', host: '', port: 0, identity: ANONYMOUS, pathValidated: false });
