/**
 * The Object versions that a client means when its registration states none: those of the Core Objects as published
 * with each LwM2M version (TS Core §7.2.2, in the wording of 1.1.1 and 1.2.1). All other Objects are 1.0.
 */
/* prettier-ignore */
const IMPLIED = {
  '1.0': {},
  '1.1': { 0: '1.1', 1: '1.1', 2: '1.0', 3: '1.1', 4: '1.2', 5: '1.0', 6: '1.0', 7: '1.0', 21: '1.0' },
  '1.2': {
    0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.1', 6: '1.0', 7: '1.0', 21: '2.0',
    23: '1.0', 24: '1.0', 25: '1.0', 26: '1.0', 27: '1.0',
  },
} as const satisfies Record<string, Readonly<Record<number, string>>>;

const tables: ReadonlyMap<string, Readonly<Record<number, string>>> = new Map(Object.entries(IMPLIED));

/** The version of LwM2M without a third component: `1.2` for `1.2.1`. */
export function enablerVersion(lwm2mVersion: string): string {
  return lwm2mVersion.length <= 3 ? lwm2mVersion : lwm2mVersion.split('.', 2).join('.');
}

/**
 * The version of an Object that a client of `lwm2mVersion` has when its registration does not say. A third component,
 * as in `1.2.1`, makes no difference; an LwM2M version beyond those known here is taken as 1.2.
 */
export function impliedObjectVersion(lwm2mVersion: string, objectId: number): string {
  const table = tables.get(enablerVersion(lwm2mVersion)) ?? IMPLIED['1.2'];
  return (table as Readonly<Record<number, string>>)[objectId] ?? '1.0';
}
