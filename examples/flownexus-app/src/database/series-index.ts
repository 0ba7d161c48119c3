import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Path } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { integer, nullable, rowReader } from './row-reader.ts';

/** The values of one Resource of one Object Instance over time. */
export interface Series {
  readonly resourceTypeId: number;
  readonly objectInstanceId: number;
}

/** There are more series at or below a path than one request may read. */
export class TooManySeriesError extends Error {
  override readonly name = 'TooManySeriesError';
}

const readType = rowReader('ResourceType', { id: integer, object_id: integer });
const readInstance = rowReader('Resource', { instance: nullable(integer) });

/**
 * Finds the series that an endpoint has: one seek per series, where DISTINCT would walk through every value. It goes by
 * what the endpoint itself has reported, so that no other device can make it slow.
 */
export class SeriesIndex {
  readonly #nextType: StatementSync;
  readonly #type: StatementSync;
  readonly #nextInstance: StatementSync;
  readonly #maximum: number;

  constructor(database: DatabaseSync, maximum: number = limits.seriesPerRequest) {
    this.#nextType = database.prepare(`SELECT id, object_id FROM ResourceType WHERE id =
      (SELECT min(resource_type_id) FROM Resource WHERE endpoint = ? AND resource_type_id > ?)`);
    this.#type = database.prepare('SELECT id, object_id FROM ResourceType WHERE object_id = ? AND resource_id = ?');
    this.#nextInstance = database.prepare(`SELECT min(object_instance_id) AS instance FROM Resource
      WHERE endpoint = ? AND resource_type_id = ? AND object_instance_id > ?`);
    this.#maximum = maximum;
  }

  /** The series at or below the path of an Object. Throws a {@link TooManySeriesError} after too many steps. */
  below(endpoint: string, { objectId, objectInstanceId, resourceId }: Path): Series[] {
    const series: Series[] = [];
    let steps = 0;
    const step = (): void => {
      steps += 1;
      if (steps <= this.#maximum) return;
      throw new TooManySeriesError(
        `there are more than ${String(this.#maximum)} series of values: a longer path selects fewer`,
      );
    };
    const addInstances = (resourceTypeId: number): void => {
      if (objectInstanceId !== undefined) {
        series.push({ resourceTypeId, objectInstanceId });
        return;
      }
      for (let instance = this.#instanceAfter(endpoint, resourceTypeId, -1); instance !== null;) {
        step();
        series.push({ resourceTypeId, objectInstanceId: instance });
        instance = this.#instanceAfter(endpoint, resourceTypeId, instance);
      }
    };

    if (resourceId !== undefined) {
      const row = this.#type.get(objectId ?? null, resourceId);
      if (row !== undefined) addInstances(readType(row).id);
      return series;
    }
    for (let row = this.#nextType.get(endpoint, -1); row !== undefined;) {
      const type = readType(row);
      step();
      if (type.object_id === objectId) addInstances(type.id);
      row = this.#nextType.get(endpoint, type.id);
    }
    return series;
  }

  #instanceAfter(endpoint: string, resourceTypeId: number, instance: number): number | null {
    const row = this.#nextInstance.get(endpoint, resourceTypeId, instance);
    return row === undefined ? null : readInstance(row).instance;
  }
}
