import { nodeFromRecords, type DecodedPayload, type DefinitionSource, type Path } from '@flownexus/lwm2m-core';
import type { ReportedValues, Rules } from '../api/rules.ts';

/** Values that came, before the rule `filterValues` has seen them. */
export interface UnfilteredValues<T extends DecodedPayload> extends Omit<ReportedValues, 'records'> {
  readonly content: T;
  /** What the values are of: the root for a Send and for composite observations. */
  readonly path: Path;
  readonly definitions: DefinitionSource;
}

/**
 * What the rule `filterValues` leaves of values; all of them without such a rule. Undefined: nothing is left, though something came.
 *
 * @throws what the rule throws, and RangeError or DecodeError for records that it returns and that have no place below `path`
 */
export function filterValues<T extends DecodedPayload>(
  { filterValues: rule }: Pick<Rules, 'filterValues'>,
  { content, path, definitions, ...values }: UnfilteredValues<T>,
): T | undefined {
  if (rule === undefined || content.records.length === 0) return content;
  const records = rule({ ...values, records: content.records });
  if (records === content.records) return content;
  if (records.length === 0) return undefined;
  return { ...content, records, node: nodeFromRecords(records, path, definitions) };
}
