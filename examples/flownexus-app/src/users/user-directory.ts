import { randomBytes } from 'node:crypto';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Role, roles } from '../http/principal.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { Auth } from './auth.ts';
import { passwordProblem } from './names.ts';

/** Somebody who can sign in. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Can neither sign in nor use tokens. */
  readonly disabled: boolean;
  /** Whether signing in takes a code besides the password. */
  readonly secondFactor: boolean;
  readonly createdAt: Date;
}

interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly role: string;
  readonly disabled: boolean;
  readonly twoFactorEnabled: boolean | null;
  readonly createdAt: Date;
}

/** What the library calls an account with a password. */
const CREDENTIAL = 'credential';

/** The users. Changes come one after another, so that the last administrator can not go. */
export class UserDirectory {
  readonly #auth: Auth;
  readonly #database: Database;
  readonly #onChange: () => void;
  readonly #serial = new Serial();

  /** `onChange` is called after each change that may take rights away. */
  constructor(auth: Auth, database: Database, onChange: () => void) {
    this.#auth = auth;
    this.#database = database;
    this.#onChange = onChange;
  }

  /** Users by name, those after a name. */
  async list(after: string | undefined, limit: number): Promise<User[]> {
    const { adapter } = await this.#auth.$context;
    const records = await adapter.findMany<UserRecord>({
      model: 'user',
      where: after === undefined ? [] : [{ field: 'username', operator: 'gt', value: after }],
      sortBy: { field: 'username', direction: 'asc' },
      limit,
    });
    return records.map(userOf);
  }

  async byId(id: string): Promise<User | undefined> {
    return this.#find('id', id);
  }

  async byName(name: string): Promise<User | undefined> {
    return this.#find('username', name);
  }

  /** Like {@link byName}. Rejects with an {@link ApiError} 404 when there is none. */
  async required(name: string): Promise<User> {
    const user = await this.byName(name);
    if (user === undefined) throw new ApiError(404, 'not-found', `there is no user ${name}`);
    return user;
  }

  /** Makes a user. Rejects with an {@link ApiError} when the name is taken, the password too weak, or there are too many. */
  async create(name: string, role: Role, password: string): Promise<User> {
    refuseWeak(password, name);
    return this.#serial.run(async () => {
      const { adapter, password: hashing } = await this.#auth.$context;
      if ((await this.byName(name)) !== undefined)
        throw new ApiError(409, 'conflict', `there is a user ${name} already`);
      if ((await adapter.count({ model: 'user' })) >= limits.users) {
        throw new ApiError(409, 'quota-exceeded', `there are ${String(limits.users)} users already`);
      }
      const hash = await hashing.hash(password);
      const now = new Date();
      return adapter.transaction(async (trx) => {
        const user = await trx.create<Record<string, unknown>, UserRecord>({
          model: 'user',
          // prettier-ignore
          data: { name, username: name, email: name, emailVerified: false, role, disabled: false, twoFactorEnabled: false, createdAt: now, updatedAt: now },
        });
        await trx.create({
          model: 'account',
          // prettier-ignore
          data: { accountId: user.id, providerId: CREDENTIAL, userId: user.id, password: hash, createdAt: now, updatedAt: now },
        });
        return userOf(user);
      });
    });
  }

  /** Changes role or state; who is disabled is signed out. Rejects with an {@link ApiError} when no administrator would be left. */
  async change(name: string, changes: { readonly role?: Role; readonly disabled?: boolean }): Promise<User> {
    return this.#serial.run(async () => {
      const user = await this.required(name);
      const changed = { ...user, ...changes };
      if (changed.role !== 'admin' || changed.disabled) await this.#refuseLastAdministrator(user);
      const { adapter } = await this.#auth.$context;
      await adapter.transaction(async (trx) => {
        const where = [{ field: 'id', value: user.id }];
        const { role, disabled } = changed;
        await trx.update({ model: 'user', where, update: { role, disabled, updatedAt: new Date() } });
        if (disabled) await trx.deleteMany({ model: 'session', where: [{ field: 'userId', value: user.id }] });
      });
      this.#onChange();
      return changed;
    });
  }

  /** Sets a password, and ends all sessions of the user. Rejects with an {@link ApiError} when it is too weak. */
  async setPassword(name: string, password: string): Promise<void> {
    refuseWeak(password, name);
    await this.#serial.run(async () => {
      const { id } = await this.required(name);
      const { adapter, password: hashing } = await this.#auth.$context;
      const hash = await hashing.hash(password);
      await adapter.transaction(async (trx) => {
        const ofUser = { field: 'userId', value: id };
        await trx.updateMany({
          model: 'account',
          where: [ofUser, { field: 'providerId', value: CREDENTIAL }],
          update: { password: hash, updatedAt: new Date() },
        });
        await trx.deleteMany({ model: 'session', where: [ofUser] });
      });
      this.#onChange();
    });
  }

  /** Takes the second factor away, for who has lost it. */
  async removeSecondFactor(name: string): Promise<void> {
    await this.#serial.run(async () => {
      const { id } = await this.required(name);
      const { adapter } = await this.#auth.$context;
      await adapter.transaction(async (trx) => {
        await trx.update({ model: 'user', where: [{ field: 'id', value: id }], update: { twoFactorEnabled: false } });
        await trx.deleteMany({ model: 'twoFactor', where: [{ field: 'userId', value: id }] });
      });
    });
  }

  /** Removes a user with sessions and tokens. Rejects with an {@link ApiError} when no administrator would be left. */
  async delete(name: string): Promise<void> {
    await this.#serial.run(async () => {
      const user = await this.required(name);
      await this.#refuseLastAdministrator(user);
      await this.#database.db.transaction().execute(async (trx) => {
        await trx.deleteFrom('ApiToken').where('user_id', '=', user.id).execute();
        // Sessions and what else belongs to the user go with it.
        await trx.$extendTables<{ User: { id: string } }>().deleteFrom('User').where('id', '=', user.id).execute();
      });
      this.#onChange();
    });
  }

  /** Makes the first administrator when there are no users. Gives the password that was made up for it, if one was. */
  async ensureAdministrator(password: string | undefined): Promise<string | undefined> {
    const { adapter } = await this.#auth.$context;
    if ((await adapter.count({ model: 'user' })) > 0) return undefined;
    const madeUp = randomBytes(15).toString('base64url');
    await this.create('admin', 'admin', password ?? madeUp);
    return password === undefined ? madeUp : undefined;
  }

  async #find(field: 'id' | 'username', value: string): Promise<User | undefined> {
    const { adapter } = await this.#auth.$context;
    const record = await adapter.findOne<UserRecord>({ model: 'user', where: [{ field, value }] });
    return record === null ? undefined : userOf(record);
  }

  async #refuseLastAdministrator(user: User): Promise<void> {
    if (user.role !== 'admin' || user.disabled) return;
    const { adapter } = await this.#auth.$context;
    const enabled = await adapter.count({
      model: 'user',
      where: [
        { field: 'role', value: 'admin' },
        { field: 'disabled', value: false },
      ],
    });
    if (enabled <= 1) throw new ApiError(409, 'conflict', 'this is the last administrator');
  }
}

function userOf({ id, username, role, disabled, twoFactorEnabled, createdAt }: UserRecord): User {
  const known = roles.find((each) => each === role);
  if (known === undefined) throw new Error(`the user ${username} has a role that is none: ${role}`);
  return { id, name: username, role: known, disabled, secondFactor: twoFactorEnabled === true, createdAt };
}

/** Throws an {@link ApiError} that says what is wrong with a new password. */
export function refuseWeak(password: string, userName: string): void {
  const problem = passwordProblem(password, userName);
  if (problem === undefined) return;
  throw new ApiError(400, 'bad-body', `body.password: ${problem}`, [{ path: 'body.password', message: problem }]);
}
