import { pathOf } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import { dtlsOptionsOf } from './account-transport.ts';
import { securityAccounts, SecurityResource, type SecurityAccount } from './security-account.ts';

/** A server that the device registers with: an instance of the Security Object, and that of the Server Object with the same Short Server ID. */
export interface RegistrationAccount {
  readonly security: SecurityAccount;
  readonly shortServerId: number;
  /** The instance of the Server Object. */
  readonly serverInstance: number;
}

const SHORT_SERVER_ID = 0;

/** The accounts that are complete, in the order of their Short Server IDs. */
export function registrationAccounts(tree: ObjectTree): readonly RegistrationAccount[] {
  const accounts: RegistrationAccount[] = [];
  for (const security of securityAccounts(tree)) {
    const { shortServerId, isBootstrap } = security;
    if (isBootstrap || shortServerId === undefined) continue;
    const serverInstance = tree.instanceIds(1).find((id) => shortServerIdOf(tree, id) === shortServerId);
    if (serverInstance !== undefined) accounts.push({ security, shortServerId, serverInstance });
  }
  return accounts.sort((a, b) => a.shortServerId - b.shortServerId);
}

/**
 * What does not fit together in the accounts of a device, in words; undefined when all does (TS Core §6.1.7: the device looks at it when
 * the bootstrap server is done). Each server has one instance of the Security and one of the Server Object, which are complete, and there is
 * at least one server.
 */
export function inconsistency(tree: ObjectTree): string | undefined {
  const accounts = securityAccounts(tree);
  const servers = accounts.filter(({ isBootstrap }) => !isBootstrap);
  if (accounts.length - servers.length > 1) return 'there are several bootstrap accounts';
  for (const account of accounts) {
    const problem = securityProblem(tree, account);
    if (problem !== undefined) return problem;
  }
  for (const id of tree.instanceIds(1)) {
    const problem = serverProblem(tree, id, servers);
    if (problem !== undefined) return problem;
  }
  const registered = new Set(registrationAccounts(tree).map(({ security }) => security.instanceId));
  const alone = servers.find(({ instanceId }) => !registered.has(instanceId));
  if (alone !== undefined) return `/0/${alone.instanceId} has no instance of /1 with its Short Server ID`;
  return servers.length === 0 ? 'there is no server to register with' : undefined;
}

function securityProblem(tree: ObjectTree, account: SecurityAccount): string | undefined {
  const { instanceId, isBootstrap, shortServerId, oscore } = account;
  for (const resourceId of [
    SecurityResource.SERVER_URI,
    SecurityResource.BOOTSTRAP_SERVER,
    SecurityResource.SECURITY_MODE,
    ...(isBootstrap ? [] : [SecurityResource.SHORT_SERVER_ID]),
  ]) {
    if (!tree.has(pathOf(0, instanceId, resourceId))) return `/0/${instanceId}/${resourceId} is missing`;
  }
  if (!isBootstrap && !isShortServerId(shortServerId)) return `/0/${instanceId} has no Short Server ID of a server`;
  if (oscore !== undefined) return `/0/${instanceId} has OSCORE, which this device does not have`;
  try {
    dtlsOptionsOf(account);
  } catch (error) {
    return `/0/${instanceId} can not be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  return undefined;
}

function serverProblem(tree: ObjectTree, instanceId: number, servers: readonly SecurityAccount[]): string | undefined {
  const resources = tree.definitions.object(1)?.resources.values() ?? [];
  for (const { id, mandatory, operations } of resources) {
    if (mandatory && operations !== 'E' && !tree.has(pathOf(1, instanceId, id)))
      return `/1/${instanceId}/${id} is missing`;
  }
  const shortServerId = shortServerIdOf(tree, instanceId);
  if (tree.instanceIds(1).some((id) => id !== instanceId && shortServerIdOf(tree, id) === shortServerId)) {
    return `two instances of /1 have the Short Server ID ${shortServerId}`;
  }
  const same = servers.filter((account) => account.shortServerId === shortServerId);
  if (same.length === 1) return undefined;
  return `${same.length === 0 ? 'no instance' : 'several instances'} of /0 with the Short Server ID ${shortServerId} of /1/${instanceId}`;
}

/** The Short Server ID of an instance of the Server Object; undefined when it is not there. */
export function shortServerIdOf(tree: ObjectTree, instanceId: number): number | undefined {
  const content = tree.content(pathOf(1, instanceId, SHORT_SERVER_ID));
  return typeof content === 'number' || typeof content === 'bigint' ? Number(content) : undefined;
}

/** TS Core, Appendix E.1, Resource 10: 0 and 65535 are of no server. */
function isShortServerId(id: number | undefined): boolean {
  return id !== undefined && id >= 1 && id <= 65_534;
}
