import type { Route } from '../http/route.ts';
import { auditRoutes } from './audit-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { userAdministrationRoutes } from './user-routes.ts';
import type { Users } from './users.ts';

/** All routes of users, sessions, tokens and the audit log. */
export function userRoutes(users: Users): Route[] {
  return [...sessionRoutes(users), ...userAdministrationRoutes(users), ...tokenRoutes(users), ...auditRoutes(users)];
}
