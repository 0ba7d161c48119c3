import { ATTRIBUTES, isAttribute, type AttributeValueKind } from '../attributes/attribute-table.ts';
import { parseNumberOf, VALUE_WORDS } from '../attributes/attribute-value.ts';
import { isVersion } from '../registry/object-version.ts';
import type { AttributeProblem, NotificationAttributes } from '../attributes/notification-attributes.ts';
import type { Link } from './link.ts';

/** The attributes of LwM2M that a link has: those of notifications, and the properties (TS Core §5.1.1). */
export interface LinkAttributes extends NotificationAttributes {
  /** How many Resource Instances the Resource has. */
  readonly dim?: number | undefined;
  /** The Short Server ID that the Object Instance belongs to. */
  readonly ssid?: number | undefined;
  /** The URI of the server that the Security Object Instance is for. */
  readonly uri?: string | undefined;
  /** The version of the Object. */
  readonly ver?: string | undefined;
  /** The LwM2M version of the device, at the root link of a Bootstrap-Discover. */
  readonly lwm2m?: string | undefined;
}

/** What {@link attributesOfLink} reads. */
export interface ReadLinkAttributes {
  readonly attributes: LinkAttributes;
  /** Attributes that do not parse. They are not among the attributes. */
  readonly problems: readonly AttributeProblem[];
}

/**
 * Reads the attributes of LwM2M from a link of the answer to a Discover or Bootstrap-Discover, or of a Register. Others
 * (`rt`, `ct`) are left where they are. Never throws: what does not parse is reported.
 */
export function attributesOfLink(link: Link): ReadLinkAttributes {
  const attributes: Record<string, string | number> = {};
  const problems: AttributeProblem[] = [];
  for (const [attribute, text] of Object.entries(link.attributes)) {
    if (!isAttribute(attribute)) continue;
    const kind = ATTRIBUTES[attribute].value;
    const value = text === true ? undefined : parseValue(kind, text);
    if (value === undefined) problems.push({ attribute, message: `has to be ${VALUE_WORDS[kind]}` });
    else attributes[attribute] = value;
  }
  return { attributes: attributes, problems };
}

function parseValue(kind: AttributeValueKind, text: string): string | number | undefined {
  if (kind === 'text') return text;
  if (kind === 'version') return isVersion(text) ? text : undefined;
  return parseNumberOf(kind, text);
}
