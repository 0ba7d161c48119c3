import type { PathLevel } from '../path.ts';

/**
 * What the value of an attribute is: `seconds` and `integer` are whole numbers from 0, `decimal` is any finite number,
 * `flag` is 0 or 1, `dimension` a whole number up to 65535, `serverId` one of 1 to 65534, `version` is `major.minor`.
 */
export type AttributeValueKind =
  'seconds' | 'integer' | 'decimal' | 'flag' | 'dimension' | 'serverId' | 'version' | 'text';

/** What LwM2M says of one attribute. */
export interface AttributeDescription {
  readonly value: AttributeValueKind;
  /**
   * Where it may be attached. 0 is the root: there it is one of the query of an Observe-Composite, or of the root link.
   */
  readonly levels: readonly PathLevel[];
  /** The Resources that it makes sense for, of any type when undefined. */
  readonly resources: 'numeric' | 'boolean' | undefined;
  /**
   * `RW` may be written with Write-Attributes: the notification attributes. `R` are properties, which Discover shows.
   */
  readonly access: 'RW' | 'R';
  /** The first LwM2M version that has it. */
  readonly since: '1.0' | '1.1' | '1.2';
}

/** The kinds of values that are numbers. */
export type AttributeNumberKind = Exclude<AttributeValueKind, 'version' | 'text'>;

/** What LwM2M says of a notification attribute: its value is a number, and it may be written. */
export interface NotificationAttributeDescription extends AttributeDescription {
  readonly value: AttributeNumberKind;
  readonly access: 'RW';
}

/** The name of a notification attribute, which may be written. */
export type NotificationAttributeName =
  'pmin' | 'pmax' | 'epmin' | 'epmax' | 'gt' | 'lt' | 'st' | 'edge' | 'con' | 'hqmax';

/** The name of a property, which only Discover has. */
export type PropertyAttributeName = 'dim' | 'ssid' | 'uri' | 'ver' | 'lwm2m';

/** The name of an attribute that LwM2M knows. */
export type AttributeName = NotificationAttributeName | PropertyAttributeName;

const COMPOSITE_TOO = [0, 1, 2, 3, 4] as const;
const ANY = [1, 2, 3, 4] as const;
const RESOURCES = [3, 4] as const;

/** The attributes of LwM2M (TS Core §5.1.1 and §5.1.2) by their names, the notification attributes first. */
/* prettier-ignore */
export const ATTRIBUTES: Readonly<
  Record<NotificationAttributeName, NotificationAttributeDescription> & Record<PropertyAttributeName, AttributeDescription>
> = {
  pmin:  { value: 'seconds',   levels: COMPOSITE_TOO, resources: undefined, access: 'RW', since: '1.0' },
  pmax:  { value: 'seconds',   levels: COMPOSITE_TOO, resources: undefined, access: 'RW', since: '1.0' },
  epmin: { value: 'seconds',   levels: COMPOSITE_TOO, resources: undefined, access: 'RW', since: '1.1' },
  epmax: { value: 'seconds',   levels: COMPOSITE_TOO, resources: undefined, access: 'RW', since: '1.1' },
  gt:    { value: 'decimal',   levels: RESOURCES,     resources: 'numeric', access: 'RW', since: '1.0' },
  lt:    { value: 'decimal',   levels: RESOURCES,     resources: 'numeric', access: 'RW', since: '1.0' },
  st:    { value: 'decimal',   levels: RESOURCES,     resources: 'numeric', access: 'RW', since: '1.0' },
  edge:  { value: 'flag',      levels: RESOURCES,     resources: 'boolean', access: 'RW', since: '1.2' },
  con:   { value: 'flag',      levels: COMPOSITE_TOO, resources: undefined, access: 'RW', since: '1.2' },
  hqmax: { value: 'integer',   levels: ANY,           resources: undefined, access: 'RW', since: '1.2' },
  dim:   { value: 'dimension', levels: [3],           resources: undefined, access: 'R',  since: '1.0' },
  ssid:  { value: 'serverId',  levels: [2],           resources: undefined, access: 'R',  since: '1.0' },
  uri:   { value: 'text',      levels: [2],           resources: undefined, access: 'R',  since: '1.1' },
  ver:   { value: 'version',   levels: [1, 2],        resources: undefined, access: 'R',  since: '1.0' },
  lwm2m: { value: 'version',   levels: [0],           resources: undefined, access: 'R',  since: '1.0' },
};

const NAMES = Object.keys(ATTRIBUTES) as AttributeName[];

/** The names of the notification attributes, in the order of the table. */
export const NOTIFICATION_ATTRIBUTE_NAMES: readonly NotificationAttributeName[] = NAMES.filter(isNotificationAttribute);

/** True for a name of {@link ATTRIBUTES}. */
export function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(ATTRIBUTES, name);
}

/** True for the name of a notification attribute. */
export function isNotificationAttribute(name: string): name is NotificationAttributeName {
  return isAttribute(name) && ATTRIBUTES[name].access === 'RW';
}
