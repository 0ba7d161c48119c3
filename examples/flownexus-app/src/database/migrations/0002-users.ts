import type { DatabaseKind } from '../dialect.ts';

/**
 * The tables of the users and their sessions, in the form that better-auth reads and writes: dates and flags are of the types that it uses for each
 * database. A test holds them against what its schema generator says.
 */
export function userTables(kind: DatabaseKind): string[] {
  const postgres = kind === 'postgres';
  const date = postgres ? 'timestamptz' : 'date';
  const flag = postgres ? 'boolean' : 'integer';
  // Ordered by its bytes, as SQLite does.
  const key = postgres ? 'text COLLATE "C"' : 'text';
  const user = `${key} NOT NULL REFERENCES "User" (id) ON DELETE CASCADE`;
  return [
    `CREATE TABLE "User" (
      id ${key} NOT NULL PRIMARY KEY,
      name text NOT NULL,
      -- There are no e-mail addresses: the user name again.
      email ${key} NOT NULL UNIQUE,
      "emailVerified" ${flag} NOT NULL,
      image text,
      "createdAt" ${date} NOT NULL,
      "updatedAt" ${date} NOT NULL,
      username ${key} UNIQUE,
      "twoFactorEnabled" ${flag},
      role text NOT NULL,
      disabled ${flag} NOT NULL
    )`,
    `CREATE TABLE "UserSession" (
      id ${key} NOT NULL PRIMARY KEY,
      "expiresAt" ${date} NOT NULL,
      token ${key} NOT NULL UNIQUE,
      "createdAt" ${date} NOT NULL,
      "updatedAt" ${date} NOT NULL,
      "ipAddress" text,
      "userAgent" text,
      "userId" ${user}
    )`,
    // The password of a user, as scrypt's hash of it.
    `CREATE TABLE "UserAccount" (
      id ${key} NOT NULL PRIMARY KEY,
      "accountId" text NOT NULL,
      "providerId" text NOT NULL,
      "userId" ${user},
      "accessToken" text,
      "refreshToken" text,
      "idToken" text,
      "accessTokenExpiresAt" ${date},
      "refreshTokenExpiresAt" ${date},
      scope text,
      password text,
      "createdAt" ${date} NOT NULL,
      "updatedAt" ${date} NOT NULL
    )`,
    // Sign-ins that wait for the second factor.
    `CREATE TABLE "UserVerification" (
      id ${key} NOT NULL PRIMARY KEY,
      identifier ${key} NOT NULL,
      value text NOT NULL,
      "expiresAt" ${date} NOT NULL,
      "createdAt" ${date} NOT NULL,
      "updatedAt" ${date} NOT NULL
    )`,
    // The secret and the backup codes of the second factor, encrypted.
    `CREATE TABLE "UserTwoFactor" (
      id ${key} NOT NULL PRIMARY KEY,
      secret ${key} NOT NULL,
      "backupCodes" text NOT NULL,
      "userId" ${user},
      verified ${flag},
      "failedVerificationCount" integer,
      "lockedUntil" ${date}
    )`,
    `CREATE INDEX "UserSession_userId_idx" ON "UserSession" ("userId")`,
    `CREATE INDEX "UserAccount_userId_idx" ON "UserAccount" ("userId")`,
    `CREATE INDEX "UserVerification_identifier_idx" ON "UserVerification" (identifier)`,
    `CREATE INDEX "UserTwoFactor_secret_idx" ON "UserTwoFactor" (secret)`,
    `CREATE INDEX "UserTwoFactor_userId_idx" ON "UserTwoFactor" ("userId")`,
  ];
}
