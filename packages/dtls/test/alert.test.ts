import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Alert, alertName, decodeAlert, encodeAlert } from '../src/alert.ts';
import type { AlertName } from '../src/alert.ts';

// RFC 5246 §7.2: level, description.
test('an alert is two bytes', () => {
  expect(encodeAlert('fatal', 'handshake_failure')).toEqual(Uint8Array.of(2, 40));
  expect(encodeAlert('warning', 'close_notify')).toEqual(Uint8Array.of(1, 0));
});

test('every alert survives the round trip; a fatal one and close_notify end a connection', () => {
  for (const [name, description] of Object.entries(Alert) as [AlertName, number][]) {
    expect(alertName(description)).toBe(name);
    expect(decodeAlert(encodeAlert('fatal', name))).toEqual({ ends: true, name, description });
    expect(decodeAlert(encodeAlert('warning', name))).toEqual({ ends: name === 'close_notify', name, description });
  }
});

test('a description that is not in the table has no name', () => {
  expect(decodeAlert(Uint8Array.of(2, 222))).toEqual({ ends: true, name: undefined, description: 222 });
});

test('anything but two bytes of a known level is none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), (content) => {
      const isAlert = content.length === 2 && (content[0] === 1 || content[0] === 2);
      expect(decodeAlert(content) !== undefined).toBe(isAlert);
    }),
  );
});
