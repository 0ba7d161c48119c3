/** The CBOR labels of the fields (RFC 8428 §6, table 4). `vlo` has none: LwM2M sends it as text. */
export const SENML_LABELS = {
  bver: -1,
  bn: -2,
  bt: -3,
  bu: -4,
  bv: -5,
  bs: -6,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8,
} as const;

export type SenmlLabel = keyof typeof SENML_LABELS | 'vlo';

/** From -6 to 8. */
const LABELS: readonly string[] = Object.entries(SENML_LABELS)
  .sort(([, a], [, b]) => a - b)
  .map(([label]) => label);

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(SENML_LABELS));

/** The name of a field from its CBOR label; undefined for a number that RFC 8428 doesn't assign. */
export function labelOfNumber(number: number): string | undefined {
  return LABELS[number - SENML_LABELS.bs];
}

/** The CBOR label of a field from its name; undefined for a name that has none. */
export function numberOfLabel(label: string): number | undefined {
  return NUMBERS.get(label);
}
