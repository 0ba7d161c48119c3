import type { PathLevel } from '../path.ts';
import { NOTIFICATION_ATTRIBUTE_NAMES } from './attribute-table.ts';
import type { AttributeChanges, NotificationAttributes } from './notification-attributes.ts';

/** The attributes that are attached along a path, for one server. */
export interface AttributeLevels {
  readonly object?: AttributeChanges | undefined;
  readonly objectInstance?: AttributeChanges | undefined;
  readonly resource?: AttributeChanges | undefined;
  readonly resourceInstance?: AttributeChanges | undefined;
  /** Those of the Observe itself (LwM2M 1.2), which override all that are attached. */
  readonly observe?: AttributeChanges | undefined;
}

/**
 * The attributes in force for an observation of a path of the level: those of a lower level override those of a higher,
 * and those below the observed level do not count (TS Core §5.1.2). What no level sets is absent: the defaults for
 * `pmin` and `pmax` are in the Server Object of the device (/1/x/2, /1/x/3).
 *
 * @param level how many ids the observed path has, see `pathLevel`
 */
export function effectiveAttributes(levels: AttributeLevels, level: PathLevel): NotificationAttributes {
  const attached = [levels.object, levels.objectInstance, levels.resource, levels.resourceInstance].slice(0, level);
  const effective: Record<string, number> = {};
  for (const attributes of [...attached, levels.observe]) {
    for (const name of NOTIFICATION_ATTRIBUTE_NAMES) {
      const value = attributes?.[name];
      // Null says that it was unset there, so that the level above counts.
      if (value !== undefined && value !== null) effective[name] = value;
    }
  }
  return effective;
}
