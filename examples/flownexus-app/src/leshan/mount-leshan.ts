import type { DeviceCredential } from '@flownexus/lwm2m-server';
import { admitRequest, type RouteGuards } from '../http/mount-routes.ts';
import { limits } from '../limits.ts';
import type { EditableBootstrapStore } from '../stores/bootstrap-store.ts';
import type { EditableCredentialStore } from '../stores/credential-store.ts';
import type { LeshanBootstrapConfigurations, LeshanCommonOptions, LeshanCredentials } from './options.ts';

/** The credentials of a store as this interface wants them: all at once. */
export function leshanCredentials(store: EditableCredentialStore): LeshanCredentials {
  return {
    list: () => all((page) => store.list(page), ({ endpointName }) => endpointName), // prettier-ignore
    set: async (endpointName: string, credential: DeviceCredential) => void (await store.set(endpointName, credential)),
    remove: (endpointName) => store.delete(endpointName),
  };
}

/** The bootstrap configurations of a store. */
export function leshanConfigurations(store: EditableBootstrapStore): LeshanBootstrapConfigurations {
  return {
    list: async () => {
      const found = [];
      for (const endpointName of await all(
        (page) => store.list(page),
        (name) => name,
      )) {
        const configuration = await store.get(endpointName);
        if (configuration !== undefined) found.push({ endpointName, configuration });
      }
      return found;
    },
    set: async (endpointName, configuration) => void (await store.set(endpointName, configuration)),
    remove: (endpointName) => store.delete(endpointName),
  };
}

/** Has the guards of the API decide who may call, and keep what was done. What could not be kept is reported: the answer has left by then. */
export function leshanGuards(
  guards: RouteGuards,
  report: (error: unknown) => void,
): Required<Pick<LeshanCommonOptions, 'admit' | 'audit'>> {
  const actors = new WeakMap<object, string>();
  return {
    admit: async (request, permission) => {
      const { actor } = await admitRequest(request, permission, guards);
      actors.set(request, actor);
    },
    audit: auditing(guards, report, (request) => actors.get(request) ?? 'anonymous'),
  };
}

/** Keeps what was done where everybody on this machine may do everything. */
export function localAudit(
  guards: RouteGuards,
  report: (error: unknown) => void,
): NonNullable<LeshanCommonOptions['audit']> {
  return auditing(guards, report, () => 'somebody on this machine');
}

function auditing(
  guards: RouteGuards,
  report: (error: unknown) => void,
  actorOf: (request: object) => string,
): NonNullable<LeshanCommonOptions['audit']> {
  return ({ request, action, endpointName, path, outcome }) => {
    guards
      .audit({
        actor: actorOf(request),
        address: request.ip,
        action: `leshan.${action}`,
        params: { endpointName },
        detail: { ...(path === undefined ? {} : { path }), outcome },
      })
      .catch(report);
  };
}

async function all<T>(
  list: (page: { readonly after?: string | undefined; readonly limit: number }) => Promise<readonly T[]>,
  nameOf: (item: T) => string,
): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await list({ after, limit: limits.maximumPageSize });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < limits.maximumPageSize) return found;
    after = nameOf(last);
  }
}
