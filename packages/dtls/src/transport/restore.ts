import { DtlsError } from '../errors.ts';
import { ProtectedEpoch } from '../records/protected-epoch.ts';
import { Association } from './association.ts';
import type { Associations } from './associations.ts';
import type { Core } from './core.ts';
import { unprovenPath } from './path.ts';
import type { LoadedAssociation, Persistence } from './persistence.ts';

export interface RestoreOptions {
  readonly core: Core;
  readonly associations: Associations;
  readonly persistence: Persistence;
  readonly cidLength: number;
}

/**
 * Brings associations back from before a restart; the transport below is open. The longest silent ones leave the store when they have been silent for too
 * long, or when there are too many. What can't be used is reported and stays in the store.
 */
export async function restoreAssociations(
  loaded: readonly LoadedAssociation[],
  { core, associations, persistence, cidLength }: RestoreOptions,
): Promise<void> {
  const { clock, limits, callbacks } = core;
  const oldestWallMs = limits.idleMs === 0 ? -Infinity : clock.wallTime() - limits.idleMs;
  const byAge = [...loaded].sort((a, b) => a.snapshot.heardAtWallMs - b.snapshot.heardAtWallMs);
  const surplus = Math.max(0, byAge.length - limits.associations);
  for (const [index, { key, snapshot }] of byAge.entries()) {
    if (index < surplus || snapshot.heardAtWallMs <= oldestWallMs) {
      persistence.forget(key);
      continue;
    }
    try {
      const association = await toAssociation({ key, snapshot }, core, cidLength);
      // A clock that was set back must not put it into the future.
      const silentMs = Math.max(0, clock.wallTime() - snapshot.heardAtWallMs);
      if (!associations.restore(association, clock.now() - silentMs))
        throw unusable('its key or Connection ID is in use');
      persistence.restored(association);
    } catch (error) {
      callbacks.report(error, `store.load: ${key}`);
    }
  }
}

async function toAssociation(
  { key, snapshot }: LoadedAssociation,
  { lower, clock }: Core,
  cidLength: number,
): Promise<Association> {
  const { epoch, identity, host, port, pathValidated } = snapshot;
  const { role, localCid } = epoch;
  if (localCid !== undefined && localCid.length > 0 && localCid.length !== cidLength) {
    throw unusable(`its Connection ID has ${localCid.length} bytes, and connectionIdLength is ${cidLength}`);
  }
  if (lower.connect === undefined) throw unusable('the transport below has no `connect`');
  const association = new Association({
    key,
    role,
    identity,
    epoch: ProtectedEpoch.restore(epoch),
    lower: await lower.connect(host, port),
    localCid,
  });
  if (!pathValidated) association.path = unprovenPath(clock.now());
  return association;
}

function unusable(why: string): DtlsError {
  return new DtlsError('ERR_DTLS_FORMAT', `an association of the store can not be used: ${why}`);
}
