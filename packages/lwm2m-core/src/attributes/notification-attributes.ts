import type { NotificationAttributeName } from './attribute-table.ts';

/**
 * Notification attributes (TS Core §5.1.2), as they are in force or as a Discover shows them. What is absent, or
 * undefined, is not set.
 */
export interface NotificationAttributes {
  /** Seconds between two notifications at least. */
  readonly pmin?: number | undefined;
  /** Seconds between two notifications at most. */
  readonly pmax?: number | undefined;
  /** Seconds between two evaluations of the value at least. */
  readonly epmin?: number | undefined;
  /** Seconds between two evaluations of the value at most. */
  readonly epmax?: number | undefined;
  /** A value that crosses this one is notified. */
  readonly gt?: number | undefined;
  /** A value that crosses this one is notified. */
  readonly lt?: number | undefined;
  /** A value that differs by this much from the last notified one is notified. */
  readonly st?: number | undefined;
  /** Notified is a change to false (0) or to true (1). */
  readonly edge?: 0 | 1 | undefined;
  /** Notifications are Confirmable (1) or not (0). */
  readonly con?: 0 | 1 | undefined;
  /** How many notifications the device keeps while it can not send them. */
  readonly hqmax?: number | undefined;
}

/**
 * What a Write-Attributes changes: sets what has a value, unsets what is `null`, and leaves alone what is absent or
 * undefined. {@link NotificationAttributes} are such changes too.
 */
export type AttributeChanges = {
  readonly [Name in NotificationAttributeName]?: NotificationAttributes[Name] | null;
} & {
  /** Attributes that LwM2M does not know, with their text; `null` for those without a value. */
  readonly unknown?: Readonly<Record<string, string | null>> | undefined;
};

/** What is wrong with an attribute. */
export interface AttributeProblem {
  /** Its name. */
  readonly attribute: string;
  /** What is wrong, in words. */
  readonly message: string;
}
