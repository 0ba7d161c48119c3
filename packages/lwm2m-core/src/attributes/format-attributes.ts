import { MAX_QUERY_ITEM_LENGTH } from '../limits.ts';
import { ATTRIBUTES, isAttribute, NOTIFICATION_ATTRIBUTE_NAMES } from './attribute-table.ts';
import { formatNumberOf, isItemName, isItemValue, isNumberOf } from './attribute-value.ts';
import type { AttributeChanges } from './notification-attributes.ts';

/**
 * The query items of attributes, one for each Uri-Query option, as a Write-Attributes or Observe carries them. Decimals
 * are written without an exponent (TS Core §5.1.2), `null` as the name alone. Whether a device will take them is not
 * looked at: see `checkAttributes`.
 *
 * @throws RangeError for a value that has no form: a number that is not one of the attribute, or too long for an option
 */
export function formatAttributes(attributes: AttributeChanges): string[] {
  const items: string[] = [];
  for (const name of NOTIFICATION_ATTRIBUTE_NAMES) {
    const value = attributes[name];
    if (value === undefined) continue;
    const kind = ATTRIBUTES[name].value;
    if (value !== null && !isNumberOf(kind, value))
      throw new RangeError(`the value of ${name} is none that it can have`);
    items.push(value === null ? name : `${name}=${formatNumberOf(kind, value)}`);
  }
  for (const [name, value] of Object.entries(attributes.unknown ?? {})) {
    if (isAttribute(name) || !isItemName(name) || !(value === null || isItemValue(value))) {
      throw new RangeError('an unknown attribute has the name of a known one, or other characters than a query');
    }
    items.push(value === null ? name : `${name}=${value}`);
  }
  for (const item of items) {
    if (item.length > MAX_QUERY_ITEM_LENGTH) throw new RangeError('an attribute is too long for a Uri-Query option');
  }
  return items;
}
