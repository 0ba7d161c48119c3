import { recordError } from './errors.ts';
import { SENML_RULES, severalValues } from './fields.ts';
import type { PackRules } from './fields.ts';
import type { RecordFields } from './record-draft.ts';

const VALUE_LABELS: ReadonlySet<string> = new Set(['v', 'vs', 'vb', 'vd', 'vlo', 's']);
const IGNORED_LABELS: ReadonlySet<string> = new Set(['bv', 'bs', 'bver', 'ut']);

/**
 * Fetch Packs (RFC 8790 §3.1). A value is an error, as a pack of measurements must not pass for a query; what else has no
 * meaning in a query is ignored.
 */
export const FETCH_RULES: PackRules = {
  readField: (record, label, value, readBytes, index) => {
    if (VALUE_LABELS.has(label)) throw fetchValueError(index);
    return IGNORED_LABELS.has(label) ? 0 : SENML_RULES.readField(record, label, value, readBytes, index);
  },
  checkRecord: (record, values, index) => {
    if (values > 0 || record.s !== undefined) throw fetchValueError(index);
    requireName(record, index);
  },
  mayBeEmpty: false,
};

/** Patch Packs (RFC 8790 §3.2). */
export const PATCH_RULES: PackRules = {
  readField: (record, label, value, readBytes, index) => {
    if (label !== 'v' || value !== null) return SENML_RULES.readField(record, label, value, readBytes, index);
    record.remove = true;
    return 1;
  },
  checkRecord: (record, values, index) => {
    if (values > 1) throw severalValues(index);
    if (values === 0 && record.s === undefined) throw recordError('a value, a sum or a removal', 'none', index);
    requireName(record, index);
  },
  mayBeEmpty: false,
};

function fetchValueError(index: number): Error {
  return recordError('no value in a query', 'one', index);
}

function requireName(record: RecordFields, index: number): void {
  if (record.n === undefined && record.bn === undefined) throw recordError('a name or a base name', 'none', index);
}
