import { describe, expect, test } from 'vitest';
import { Lane, type LaneOccupant } from '../../src/engine/lane.ts';

function occupants(count: number, started: number[]): LaneOccupant[] {
  return Array.from({ length: count }, (_, index) => ({ start: () => started.push(index) }));
}

describe.each([1, 3])('a lane of width %i', (width) => {
  test('starts that many, and the next when one leaves', () => {
    const started: number[] = [];
    const lane = new Lane(width, 10);
    const all = occupants(6, started);
    for (const occupant of all) expect(lane.enter(occupant)).toBe(true);
    expect(started).toEqual([0, 1, 2].slice(0, width));
    lane.leave(all[0]!);
    lane.leave(all[0]!);
    expect(started).toHaveLength(width + 1);
    expect(lane.waiting).toBe(6 - width - 1);
  });

  test('starts all that wait when it is flushed', () => {
    const started: number[] = [];
    const lane = new Lane(width, 10);
    for (const occupant of occupants(6, started)) lane.enter(occupant);
    lane.flush();
    lane.flush();
    expect([started, lane.waiting]).toEqual([[0, 1, 2, 3, 4, 5], 0]);
  });

  test('refuses more than its limit', () => {
    const lane = new Lane(width, 1);
    const all = occupants(width + 2, []);
    expect(all.map((occupant) => lane.enter(occupant))).toEqual([
      ...Array.from({ length: width + 1 }, () => true),
      false,
    ]);
  });

  test('whoever leaves while waiting is not started', () => {
    const started: number[] = [];
    const lane = new Lane(width, 10);
    const all = occupants(width + 2, started);
    for (const occupant of all) lane.enter(occupant);
    lane.leave(all[width]!);
    lane.leave(all[0]!);
    expect(started).not.toContain(width);
    expect(started).toContain(width + 1);
  });

  test('one that leaves as it starts lets the next go', () => {
    const started: number[] = [];
    const lane = new Lane(width, 10);
    const all: LaneOccupant[] = [];
    for (let index = 0; index < 6; index += 1) {
      all.push({
        start: () => {
          started.push(index);
          if (index > 0) lane.leave(all[index]!);
        },
      });
    }
    for (const occupant of all) lane.enter(occupant);
    lane.leave(all[0]!);
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
