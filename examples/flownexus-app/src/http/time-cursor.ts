import { z } from 'zod';

/** Where a page of a list that is ordered by time goes on. */
export interface TimePosition {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: number;
}

/** `cursor` of a list that is ordered by time. */
export const timeCursor = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,15}$/, 'expected a nextCursor of the same list')
  .transform((text): TimePosition => {
    const [time, id] = text.split('.');
    return { time: Number(time), id: Number(id) };
  })
  .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } });

/** The `nextCursor` that leads to what comes after a position. */
export function formatTimeCursor({ time, id }: TimePosition): string {
  return `${time}.${id}`;
}
