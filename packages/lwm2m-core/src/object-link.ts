import type { ObjectLink } from './value.ts';

const OBJECT_LINK = /^(\d{1,5}):(\d{1,5})\0?$/;
const MAX_ID = 65535;

/**
 * Parses `66:0` (TS Core, Appendix C); undefined when it is something else. A NUL at the end is tolerated, as Zephyr
 * sends one.
 */
export function parseObjectLink(text: string): ObjectLink | undefined {
  const match = OBJECT_LINK.exec(text);
  if (match === null) return undefined;
  const objectId = Number(match[1]);
  const objectInstanceId = Number(match[2]);
  return objectId > MAX_ID || objectInstanceId > MAX_ID ? undefined : { objectId, objectInstanceId };
}

/** The text `66:0` of an Object Link. */
export function formatObjectLink(link: ObjectLink): string {
  return `${String(link.objectId)}:${String(link.objectInstanceId)}`;
}
