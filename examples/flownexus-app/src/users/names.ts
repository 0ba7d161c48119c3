import { z } from 'zod';
import { limits } from '../limits.ts';

const PATTERN = /^[a-z0-9][a-z0-9._-]*$/i;

/** Whether a user may have the name. */
export function isUserName(name: string): boolean {
  return name.length <= limits.userNameLength && PATTERN.test(name);
}

/** The name of a user; large letters count as small ones. */
export const userNameSchema = z
  .string()
  .max(limits.userNameLength)
  .regex(PATTERN, 'letters, digits, ".", "_" and "-" only, the first a letter or digit')
  .transform((name) => name.toLowerCase())
  .meta({ description: 'Letters, digits, `.`, `_` and `-`; large letters count as small ones' });

/** A password that is being set. Its length counts, and {@link passwordProblem}. */
export const newPasswordSchema = z
  .string()
  .min(limits.passwordLength)
  .max(limits.maximumPasswordLength)
  .meta({ description: 'A new password', format: 'password' });

/** A password that is being checked. */
export const givenPasswordSchema = z
  .string()
  .min(1)
  .max(limits.maximumPasswordLength)
  .meta({ description: 'The present password', format: 'password' });

/** What is wrong with a password beside its length; undefined: nothing. */
export function passwordProblem(password: string, userName: string): string | undefined {
  const folded = password.toLowerCase();
  if (folded.includes(userName.toLowerCase()) && userName.length > 2) return 'it has the name of the user in it';
  if (new Set(folded).size < 5) return 'it has too few different characters';
  const common = ['password', 'passwort', 'flownexus', 'qwertyuiop', '1234567890', '0123456789', 'iloveyou'];
  if (common.some((word) => folded.replaceAll(/[^a-z0-9]/g, '').includes(word) && password.length < 2 * word.length)) {
    return 'it is among those that are tried first';
  }
  return undefined;
}
