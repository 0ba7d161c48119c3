/** Whether the text is an Object version, `major.minor` (TS Core §7.2.2). */
export function isVersion(text: string): boolean {
  return /^\d{1,5}\.\d{1,5}$/.test(text);
}

/** The major part of an Object version: versions that share it are compatible. */
export function majorOf(version: string): number {
  return Number(version.slice(0, version.indexOf('.')));
}

/** Orders Object versions by their numbers, so that 1.10 comes after 1.9; 0 when equal. */
export function compareVersions(a: string, b: string): number {
  return majorOf(a) - majorOf(b) || minorOf(a) - minorOf(b);
}

function minorOf(version: string): number {
  return Number(version.slice(version.indexOf('.') + 1));
}
