/** What a request may do. `read`: look at everything; `operate`: act on devices and data; `administer`: users, settings, credentials; `ingest`: post values of devices. */
export const permissions = ['read', 'operate', 'administer', 'ingest'] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export const permissionsOfRole: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate', 'ingest'],
  admin: permissions,
};

/** Who makes a request. */
export interface Principal {
  /** Of the user, or of the one that the token belongs to. Undefined: the token of `FLOWNEXUS_API_TOKEN`. */
  readonly userId: string | undefined;
  /** For the audit log: `anna`, `anna (token "ci")`. */
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
  /** A session comes from a browser's cookie, so that requests of other sites must be kept out. */
  readonly via: 'session' | 'token';
  readonly sessionId?: string;
}

/** What a route asks for. `signedIn`: any user, in a session or by a token. */
export type Access = 'public' | 'signedIn' | Permission;
