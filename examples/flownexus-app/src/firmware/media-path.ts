import { limits } from '../limits.ts';
import type { StoredPackage } from './firmware-repository.ts';

/** Where the packages are below. Any slash may be doubled: Zephyr's downloader puts one before each path. */
export const MEDIA = { path: '/media/firmware', pattern: /^\/+media\/+firmware(?=\/|$)/ } as const;

/** The path that devices fetch a package from. The file name at its end is for people; without it the path is shorter. */
export function mediaPath(
  { token, fileName }: Pick<StoredPackage, 'token' | 'fileName'>,
  named: boolean = true,
): string {
  return `${MEDIA.path}/${token}` + (named ? `/${encodeURIComponent(fileName)}` : '');
}

/**
 * The address of a package: `base` and its path, without the file name where Zephyr had no room for it. Undefined when it is longer than the object
 * allows all the same.
 */
export function mediaUri(base: string, stored: Pick<StoredPackage, 'token' | 'fileName'>): string | undefined {
  const whole = base + mediaPath(stored);
  if (whole.length <= limits.zephyrUriBytes) return whole;
  const short = base + mediaPath(stored, false);
  return short.length <= limits.packageUriBytes ? short : undefined;
}

/** The token in a path such as {@link mediaPath} gives, whatever the file name; undefined for another path. */
export function tokenIn(path: string): string | undefined {
  return /^\/+media\/+firmware\/+([^/]+)(?:\/+[^/]*)?$/.exec(path)?.[1];
}
