import { formatPath, Lwm2mError, parsePath, pathLevel, type PathLevel } from '@flownexus/lwm2m-core';
import { z } from 'zod';

/** A path in a body that has at least so many ids; it comes in its usual form. */
export function lwm2mPath(least: PathLevel): z.ZodType<string, string> {
  return z
    .string()
    .max(100, { abort: true })
    .refine((text) => level(text) >= least, {
      abort: true,
      message: `expected a path of at least ${least} ids, such as ${'/3303/0/5700'.split('/', least + 1).join('/')}`,
    })
    .overwrite((text) => formatPath(parsePath(text)));
}

/** -1: it is no path. */
function level(text: string): number {
  try {
    return pathLevel(parsePath(text));
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    return -1;
  }
}
