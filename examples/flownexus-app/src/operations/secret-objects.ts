import { formatPath, type Path } from '@flownexus/lwm2m-core';

/** Security and OSCORE, whose Resources are keys. */
const SECRET = /(?:^| )(?:\/[^/ ]*[A-Za-z][^/ ]*)?\/(?:0|21)(?=[/ ]|$)/;

/** Whether a path, or one of several with spaces between them, is of an Object that has keys: their values are neither shown nor stored. */
export function hasSecrets(path: Path | string): boolean {
  return SECRET.test(typeof path === 'string' ? path : formatPath(path));
}
