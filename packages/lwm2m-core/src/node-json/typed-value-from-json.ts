import { typeNumber, type TypedValue } from '../typed-value.ts';
import type { ResourceType, ResourceValue } from '../value.ts';
import { wrong } from './json-item.ts';
import { describeJson } from './json-object.ts';
import { TYPE_NAMES } from './node-json.ts';
import { VALUE_FORMS, valueFromJson } from './value-json.ts';

/** What a value may be. */
export interface ValueTypes {
  readonly stated: ResourceType;
  readonly declared: ResourceType | undefined;
  /** Whether it has to fit the declared type. */
  readonly refuseOtherTypes: boolean;
}

/**
 * The value that JSON has, which states one type for it where the definition, when there is one, may declare another.
 * The declared type counts when the value fits it: integers in JSON are right for a float, and Zephyr's test suite
 * calls floats strings.
 *
 * @throws DecodeError when it is no value of the stated type either, or has to fit the declared one and does not
 */
export function typedValueFromJson(
  json: unknown,
  { stated, declared, refuseOtherTypes }: ValueTypes,
  place: string,
): TypedValue {
  if (declared !== undefined && declared !== stated) {
    const value = fittingValue(json, stated, declared);
    if (value !== undefined) return { type: declared, value };
    if (refuseOtherTypes) throw wrong(VALUE_FORMS[declared], `${describeJson(json)} as ${TYPE_NAMES[stated]}`, place);
  }
  const value = valueFromJson(json, stated);
  if (value === undefined) throw wrong(VALUE_FORMS[stated], describeJson(json), place);
  return { type: stated, value };
}

/** The value as one of the declared type; undefined when it does not fit. */
function fittingValue(json: unknown, stated: ResourceType, declared: ResourceType): ResourceValue | undefined {
  // Whatever JSON has for the declared type may have been called a string.
  if (stated === 'string') return valueFromJson(json, declared);
  const value = valueFromJson(json, stated);
  if (stated === 'corelnk' && declared === 'string') return value;
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const typed = typeNumber(value, declared);
  return typed?.type === declared ? typed.value : undefined;
}
