import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { RouteGuards } from '../http/mount-routes.ts';
import { StartError } from '../start-error.ts';
import { ApiTokens } from './api-tokens.ts';
import { AuditLog } from './audit-log.ts';
import { createAuth, loadAuthSecret } from './auth.ts';
import { guards } from './guards.ts';
import { passwordProblem } from './names.ts';
import { PasswordAttempts } from './password-attempts.ts';
import { PrincipalCache } from './principal-cache.ts';
import { Sessions } from './sessions.ts';
import { UsedCodes } from './used-codes.ts';
import { UserDirectory } from './user-directory.ts';

export interface UsersOptions {
  readonly database: Database;
  /** Where browsers reach us; with `https:` cookies go over TLS alone. */
  readonly publicUrl: string | undefined;
  /** `FLOWNEXUS_API_TOKEN`: it may do everything. */
  readonly apiToken: string | undefined;
  /** `FLOWNEXUS_ADMIN_PASSWORD`: of the administrator that the first start makes. */
  readonly adminPassword: string | undefined;
  readonly log: Logger;
  /** Of tokens, attempts and the audit log; default `Date.now`. */
  readonly now?: () => number;
}

/** Who may do what: users, their sessions and tokens, and the audit log. */
export interface Users {
  /** For {@link mountRoutes}. */
  readonly guards: RouteGuards;
  /**
   * Makes the administrator `admin` when there are no users. Gives the password that was made up for it, to be shown once; undefined when none was. The last
   * step of a start: one that fails after it would never show the password.
   */
  readonly ensureAdministrator: () => Promise<string | undefined>;
  readonly directory: UserDirectory;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly auditLog: AuditLog;
}

/** Reads what there is. Rejects with a {@link StartError} for a password that is too weak. */
export async function openUsers(options: UsersOptions): Promise<Users> {
  const { database, publicUrl, apiToken, adminPassword, log, now = Date.now } = options;
  const auth = createAuth({ database, secret: await loadAuthSecret(database), publicUrl, log });
  const cache = new PrincipalCache(now);
  const onChange = (): void => cache.clear();
  const directory = new UserDirectory(auth, database, onChange);
  const sessions = new Sessions({
    auth,
    attempts: new PasswordAttempts(now),
    usedCodes: new UsedCodes(now),
    onChange,
  });
  const tokens = new ApiTokens(database, onChange, now);
  const auditLog = new AuditLog(database, now);
  const problem = adminPassword === undefined ? undefined : passwordProblem(adminPassword, 'admin');
  if (problem !== undefined) throw new StartError(`FLOWNEXUS_ADMIN_PASSWORD is not usable: ${problem}`);
  await auditLog.prune();
  return {
    guards: guards({ sessions, tokens, directory, auditLog, cache, apiToken }),
    ensureAdministrator: () => directory.ensureAdministrator(adminPassword),
    directory,
    sessions,
    tokens,
    auditLog,
  };
}
