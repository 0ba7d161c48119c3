import { describe, expect, test } from 'vitest';
import { captures } from './capture.ts';
import { expectations } from './expectations.ts';
import { Replay } from './replay.ts';

for (const capture of captures()) {
  describe(capture.name, () => {
    test('our server holds the conversation', async () => {
      const expected = expectations[capture.name];
      const replay = await Replay.of(capture);
      const [registration] = replay.stage.server.registrations();
      expect(registration).toMatchObject(expected?.registration ?? {});
      expect(Object.fromEntries(replay.outcomes)).toEqual(expected?.outcomes);
      expect(replay.stage.log.filter((line) => /^(?:error|refused|observation failed)/.test(line))).toEqual([]);
    });
  });
}

test('every expectation belongs to a capture', () => {
  expect(
    captures()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(expectations).sort());
});
