import { Code, type CoapReply } from '@flownexus/coap';
import { ContentFormat, formatLinkFormat, formatPath, pathLevel, type Link, type Path } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { Device } from '../operations/device.ts';
import { badRequest, notFound } from '../operations/refuse.ts';
import { objectLinks } from '../registration/object-list.ts';
import { securityAccounts } from './security-account.ts';
import { shortServerIdOf } from './server-accounts.ts';

const encoder = new TextEncoder();

/**
 * The answer to a Bootstrap-Discover of everything or of an Object (TS Core §6.1.7.3): the LwM2M version, Objects and Object Instances, with the
 * Short Server IDs of accounts, and since LwM2M 1.1 the URIs of their servers.
 *
 * @throws Refusal 4.00, 4.04
 */
export function bootstrapDiscover({ tree, lwm2mVersion }: Device, path: Path): CoapReply {
  if (pathLevel(path) > 1) throw badRequest(`a Bootstrap-Discover of ${formatPath(path)}`);
  if (!tree.has(path)) throw notFound(formatPath(path));
  const objectIds = path.objectId === undefined ? tree.objectIds() : [path.objectId];
  const links = objectIds.flatMap((objectId) => objectLinks(tree, objectId, lwm2mVersion, ''));
  const accounts = accountAttributes(tree, lwm2mVersion);
  const text = formatLinkFormat(
    links.map((link) => ({ ...link, attributes: { ...link.attributes, ...accounts.get(link.target) } })),
  );
  return {
    code: Code.CONTENT,
    contentFormat: ContentFormat.LINK_FORMAT,
    payload: encoder.encode(versionLink(lwm2mVersion) + text),
  };
}

/** TS Core 1.0 §5.2.7.3 has the version without a link, and in quotes. */
function versionLink(lwm2mVersion: string): string {
  return lwm2mVersion === '1.0' ? 'lwm2m="1.0",' : `</>;lwm2m=${lwm2mVersion},`;
}

/** The attributes of the Object Instances that belong to a server, by their paths. */
function accountAttributes(tree: ObjectTree, lwm2mVersion: string): ReadonlyMap<string, Link['attributes']> {
  const attributes = new Map<string, Link['attributes']>();
  for (const { instanceId, shortServerId, isBootstrap, uri, oscore } of securityAccounts(tree)) {
    // That of the bootstrap server has none, by which it is known.
    if (isBootstrap || shortServerId === undefined) continue;
    const ssid = { ssid: String(shortServerId) };
    attributes.set(`/0/${instanceId}`, lwm2mVersion === '1.0' ? ssid : { ...ssid, uri });
    if (oscore !== undefined) attributes.set(formatPath(oscore), ssid);
  }
  for (const id of tree.instanceIds(1)) {
    const shortServerId = shortServerIdOf(tree, id);
    if (shortServerId !== undefined) attributes.set(`/1/${id}`, { ssid: String(shortServerId) });
  }
  return attributes;
}
