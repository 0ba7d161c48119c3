import { parsePath, type Path } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { type Comparable, inWords } from './comparable.ts';

/** What is asked of the latest value of one Resource. */
export const conditionSchema = z
  .strictObject({
    path: lwm2mPath(3).meta({ description: 'A Resource, or an instance of a multiple Resource' }),
    above: z.number().optional().meta({ description: 'Holds above this number' }),
    below: z.number().optional().meta({ description: 'Holds below this number; with `above`: outside of the range' }),
    equals: z
      .union([z.string().max(255), z.number(), z.boolean()])
      .optional()
      .meta({
        description: 'Holds for this value. Opaque values are compared in base64, object links as `3:0`',
      }),
    hysteresis: z.number().min(0).default(0).meta({
      description: 'How far back inside a value must be before the condition no longer holds',
    }),
  })
  .refine(
    ({ above, below, equals }) => (equals === undefined) === (above !== undefined || below !== undefined),
    'expected equals, or above, below or both',
  )
  .refine(
    ({ above, below }) => above === undefined || below === undefined || below <= above,
    'above and below together mean outside of a range: below may not be greater than above',
  )
  .meta({ id: 'EventCondition' });
export type ConditionBody = z.infer<typeof conditionSchema>;

/** A condition on the values of one path. */
export class Condition {
  readonly path: Path;
  readonly #body: ConditionBody;

  constructor(body: ConditionBody) {
    this.path = parsePath(body.path);
    this.#body = body;
  }

  /** Whether it holds with this value, having held before or not. A value that it can not be asked of changes nothing. */
  holds(value: Comparable, before: boolean): boolean {
    const { above, below, equals, hysteresis } = this.#body;
    if (equals !== undefined) return value === equals;
    if (typeof value !== 'number' || Number.isNaN(value)) return before;
    const slack = before ? hysteresis : 0;
    return (above !== undefined && value > above - slack) || (below !== undefined && value < below + slack);
  }

  /** What is so with the value, such as `/3303/0/5700 is 31.5, above 30`. */
  inWords(value: Comparable): string {
    const { path, above, below } = this.#body;
    const is = `${path} is ${inWords(value)}`;
    if (above !== undefined && typeof value === 'number' && value > above) return `${is}, above ${above}`;
    return below !== undefined && typeof value === 'number' && value < below ? `${is}, below ${below}` : is;
  }
}
