import { admitRequest, type RouteGuards } from '../http/mount-routes.ts';
import { limits } from '../limits.ts';
import type { EditableBootstrapStore } from '../stores/bootstrap-store.ts';
import type { EditableCredentialStore } from '../stores/credential-store.ts';
import type { LeshanBootstrapConfigurations, LeshanCommonOptions, LeshanCredentials } from './options.ts';

/** The credentials of a store as this interface wants them. */
export function leshanCredentials(store: EditableCredentialStore): LeshanCredentials {
  return {
    list: () => all((page) => store.list(page), ({ endpointName }) => endpointName), // prettier-ignore
    set: async (endpointName, credential) => {
      await store.set(endpointName, credential);
    },
    remove: (endpointName) => store.delete(endpointName),
  };
}

/** The bootstrap configurations of a store. */
export function leshanConfigurations(store: EditableBootstrapStore): LeshanBootstrapConfigurations {
  return {
    async *list() {
      for await (const endpointName of all(
        (page) => store.list(page),
        (name) => name,
      )) {
        // prettier-ignore
        const configuration = await store.get(endpointName);
        if (configuration !== undefined) yield { endpointName, configuration };
      }
    },
    set: async (endpointName, configuration) => {
      await store.set(endpointName, configuration);
    },
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

/** All items of a list, page by page. */
async function* all<T>(
  list: (page: { readonly after?: string | undefined; readonly limit: number }) => Promise<readonly T[]>,
  nameOf: (item: T) => string,
): AsyncGenerator<T> {
  for (let after: string | undefined; ;) {
    const page = await list({ after, limit: limits.maximumPageSize });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limits.maximumPageSize) return;
    after = nameOf(last);
  }
}
