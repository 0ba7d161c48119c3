import { copyOf } from '../copy-of.ts';
import { DecodeError } from '../errors.ts';
import { MAX_QUERY_ATTRIBUTES, MAX_QUERY_ITEM_LENGTH } from '../limits.ts';
import { ATTRIBUTES, isAttribute, isNotificationAttribute, type NotificationAttributeName } from './attribute-table.ts';
import { formatNumberOf, isItemName, isItemValue, parseNumberOf, VALUE_WORDS } from './attribute-value.ts';
import type { AttributeChanges } from './notification-attributes.ts';

/**
 * Parses the query of a Write-Attributes, or of an Observe that has attributes (TS Core §6.3.4, §6.4.1):
 * `pmin=10&pmax`, or its items as the Uri-Query options have them. An attribute without a value is `null`: it gets
 * unset. No query at all has no attributes.
 *
 * Names that LwM2M does not know are kept in `unknown`, so that what vendors have may be sent. Refused is what is
 * malformed: an empty item or value, a value that is none of the attribute, an attribute that is there twice; the
 * properties that only Discover has (`dim`, `ssid`, `uri`, `ver`, `lwm2m`), and `epmin` not below `epmax`, which has no
 * meaning. Other contradictions pass, since devices differ in what they make of them (a `pmax` below `pmin` is ignored
 * by those of LwM2M 1.2 and refused by older ones): `checkAttributes` reports them.
 *
 * @throws DecodeError `ERR_LWM2M_ATTRIBUTES` with the offset in characters, of items as if they were joined with `&`
 */
export function parseAttributes(query: string | readonly string[]): AttributeChanges {
  const changes: { -readonly [Name in NotificationAttributeName]?: number | null } = {};
  const items = typeof query === 'string' ? itemsOf(query) : query;
  const unknown = Object.create(null) as Record<string, string | null>;
  let hasUnknown = false;
  let offset = 0;
  for (const [index, item] of items.entries()) {
    if (index === MAX_QUERY_ATTRIBUTES) throw broken(`at most ${MAX_QUERY_ATTRIBUTES} attributes`, 'another', offset);
    if (item.length > MAX_QUERY_ITEM_LENGTH) {
      throw broken(`an attribute of up to ${MAX_QUERY_ITEM_LENGTH} characters`, 'a longer one', offset);
    }
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : copyOf(item.slice(0, equals));
    const value = equals < 0 ? null : copyOf(item.slice(equals + 1));
    if (!isItemName(name)) throw broken('the name of an attribute', name === '' ? 'none' : 'other characters', offset);
    if (Object.hasOwn(changes, name) || Object.hasOwn(unknown, name)) {
      throw broken('each attribute once', 'a repeated one', offset);
    }
    if (value === '') throw broken('a value after "="', 'none', offset + equals + 1);
    if (isNotificationAttribute(name)) {
      changes[name] = value === null ? null : parseValue(name, value, offset + equals + 1);
    } else if (isAttribute(name)) {
      throw broken('an attribute that may be written', 'one that may only be read', offset);
    } else {
      if (value !== null && !isItemValue(value)) throw broken('visible characters', 'others', offset + equals + 1);
      unknown[name] = value;
      hasUnknown = true;
    }
    if ((changes.epmin ?? Number.NaN) >= (changes.epmax ?? Number.NaN)) {
      throw broken('epmin less than epmax', 'one that is not', offset);
    }
    offset += item.length + 1;
  }
  return (hasUnknown ? { ...changes, unknown } : changes) as AttributeChanges;
}

function itemsOf(query: string): readonly string[] {
  // One more than there may be, so that too many are seen without splitting all of them.
  return query === '' ? [] : query.split('&', MAX_QUERY_ATTRIBUTES + 1);
}

function parseValue(name: NotificationAttributeName, text: string, offset: number): number {
  const kind = ATTRIBUTES[name].value;
  const value = parseNumberOf(kind, text);
  if (value === undefined) throw broken(`${VALUE_WORDS[kind]} for ${name}`, 'another value', offset);
  // What an exponent makes longer than a query may be could never be sent.
  if (name.length + 1 + formatNumberOf(kind, value).length > MAX_QUERY_ITEM_LENGTH) {
    throw broken(`a number of up to ${MAX_QUERY_ITEM_LENGTH} characters`, 'a longer one', offset);
  }
  return value;
}

function broken(expected: string, found: string, offset: number): DecodeError {
  return new DecodeError('ERR_LWM2M_ATTRIBUTES', expected, found, offset);
}
