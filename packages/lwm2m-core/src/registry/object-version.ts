/** Whether the text is an Object version, `major.minor` (TS Core §7.2.2). */
export function isVersion(text: string): boolean {
  return /^\d{1,5}\.\d{1,5}$/.test(text);
}

const MAJOR = 100_000;

/** A number by which Object versions are ordered, so that 1.10 comes after 1.9; NaN for what is none. */
export function versionOrder(version: string): number {
  if (!isVersion(version)) return NaN;
  const point = version.indexOf('.');
  return Number(version.slice(0, point)) * MAJOR + Number(version.slice(point + 1));
}

/** The least that {@link versionOrder} gives for versions of the same major part, which are compatible. */
export function majorOrder(order: number): number {
  return order - (order % MAJOR);
}
