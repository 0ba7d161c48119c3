import { type ObjectDefinition, type ObjectRegistry, parseObjectXml } from '@flownexus/lwm2m-core';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import { describeResourceTypes } from '../values/resource-types.ts';

/** A version of an Object. */
export interface ModelKey {
  readonly objectId: number;
  readonly version: string;
}

/** The uploaded definitions of Objects, in the database and in the registry that values are decoded by. */
export class ObjectModels {
  readonly #database: Database;
  readonly #registry: ObjectRegistry;
  readonly #serial = new Serial();
  readonly #uploaded = new Set<string>();

  private constructor(database: Database, registry: ObjectRegistry) {
    this.#database = database;
    this.#registry = registry;
  }

  /** Adds what was uploaded to the registry. */
  static async load(database: Database, registry: ObjectRegistry): Promise<ObjectModels> {
    const models = new ObjectModels(database, registry);
    for (let after: ModelKey = { objectId: -1, version: '' }; ;) {
      const { objectId, version } = after;
      const row = await database.reads
        .selectFrom('ObjectModel')
        .select(['object_id', 'version', 'xml'])
        .where((eb) =>
          eb.or([
            eb('object_id', '>', objectId),
            eb.and([eb('object_id', '=', objectId), eb('version', '>', version)]),
          ]),
        )
        .orderBy('object_id')
        .orderBy('version')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return models;
      after = { objectId: row.object_id, version: row.version };
      models.#show(parseObjectXml(row.xml).filter((definition) => isOf(definition, after)));
    }
  }

  /** Whether it was uploaded, rather than being one of the OMA registry. */
  isUploaded(key: ModelKey): boolean {
    return this.#uploaded.has(textOf(key));
  }

  /**
   * Stores definitions, decodes by them from now on, and names known Resources by them; all of them or none. One of the same Object and version gives way. Undefined when there are as many as may be.
   */
  upload(xml: string, definitions: readonly ObjectDefinition[]): Promise<readonly ObjectDefinition[] | undefined> {
    return this.#serial.run(async () => {
      const fresh = definitions.filter((definition) => !this.isUploaded(keyOf(definition)));
      if (this.#uploaded.size + fresh.length > limits.objectModels) return undefined;
      const now = Date.now();
      await this.#database.db.transaction().execute(async (trx) => {
        for (const { id, version, name } of definitions) {
          await trx
            .insertInto('ObjectModel')
            .values({ object_id: id, version, name, xml, created_at: now })
            .onConflict((conflict) =>
              conflict.columns(['object_id', 'version']).doUpdateSet({ name, xml, created_at: now }),
            ) // prettier-ignore
            .execute();
        }
        await describeResourceTypes(trx, newest(definitions, this.#registry));
      });
      this.#show(definitions);
      return definitions;
    });
  }

  /** Takes an uploaded definition away: what the OMA registry has of it holds again. False when none was uploaded. */
  delete(key: ModelKey): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!this.isUploaded(key)) return false;
      const { objectId, version } = key;
      await this.#database.db
        .deleteFrom('ObjectModel')
        .where('object_id', '=', objectId)
        .where('version', '=', version)
        .execute();
      this.#uploaded.delete(textOf(key));
      this.#registry.remove(objectId, version);
      return true;
    });
  }

  #show(definitions: readonly ObjectDefinition[]): void {
    this.#registry.addAll(definitions);
    for (const definition of definitions) this.#uploaded.add(textOf(keyOf(definition)));
  }
}

export function keyOf({ id, version }: ObjectDefinition): ModelKey {
  return { objectId: id, version };
}

/** Those that are the newest version of their Object, which Resources are named by. */
function newest(definitions: readonly ObjectDefinition[], registry: ObjectRegistry): ObjectDefinition[] {
  return definitions.filter(({ id, version }) => {
    const versions = [...registry.versions(id), ...definitions.filter((other) => other.id === id).map((other) => other.version)]; // prettier-ignore
    return versions.every((other) => compareVersions(version, other) >= 0);
  });
}

/** Orders versions of the form `major.minor`. */
export function compareVersions(a: string, b: string): number {
  const [[majorA = 0, minorA = 0], [majorB = 0, minorB = 0]] = [a.split('.').map(Number), b.split('.').map(Number)];
  return majorA - majorB || minorA - minorB;
}

function isOf({ id, version }: ObjectDefinition, key: ModelKey): boolean {
  return id === key.objectId && version === key.version;
}

function textOf({ objectId, version }: ModelKey): string {
  return `${String(objectId)}:${version}`;
}
