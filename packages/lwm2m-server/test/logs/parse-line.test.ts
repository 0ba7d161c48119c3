import { expect, test } from 'vitest';
import { parseLogLine, type ParsedLine } from '../../src/index.ts';

/** What is found, without what is not. */
function found(line: string): Partial<ParsedLine> {
  const facts = Object.entries(parseLogLine(line));
  return Object.fromEntries(facts.filter(([name, value]) => name !== 'text' && value !== undefined));
}

const at = (text: string): number => Date.parse(text);

test.each<[string, string, Partial<ParsedLine>]>([
  [
    'Zephyr',
    '[00:00:01.234,000] <inf> net_lwm2m_engine: LWM2M engine socket receive thread started',
    {
      uptimeMs: 1_234,
      level: 'info',
      module: 'net_lwm2m_engine',
      message: 'LWM2M engine socket receive thread started',
    },
  ],
  [
    'Zephyr, of days',
    '[123:59:59.999,999] <err> sensor.read: bus error: -5',
    { uptimeMs: 446_399_999, level: 'error', module: 'sensor.read', message: 'bus error: -5' },
  ],
  ['Zephyr, which counts ticks', '[0000012345] <wrn> app: low', { level: 'warning', module: 'app', message: 'low' }],
  [
    'Zephyr, in colours',
    '\u001b[0m[00:00:00.010,000] \u001b[1;31m<err> app: burnt\u001b[0m',
    { uptimeMs: 10, level: 'error', module: 'app', message: 'burnt' },
  ],
  [
    'syslog, RFC 5424 example 1',
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed",
    { level: 'critical', time: at('2003-10-11T22:14:15.003Z'), module: 'su', message: "'su root' failed" },
  ],
  [
    'syslog, RFC 5424 example 3',
    '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App\\]lication"] An entry',
    { level: 'notice', time: at('2003-10-11T22:14:15.003Z'), module: 'evntslog', message: 'An entry' },
  ],
  ['syslog, RFC 5424 without anything', '<15>1 - - - - - -', { level: 'debug', message: '' }],
  [
    'syslog, RFC 3164',
    '<11>Oct  1 22:14:15 host modem[1223]: no carrier',
    { level: 'error', module: 'modem', message: 'no carrier' },
  ],
  [
    'a kernel',
    '<6>[   12.500000] usb 1-1: new device',
    { level: 'info', uptimeMs: 12_500, message: 'usb 1-1: new device' },
  ],
  ['ESP-IDF', 'W (4711) wifi: lost', { level: 'warning', uptimeMs: 4_711, module: 'wifi', message: 'lost' }],
  [
    'a date with a zone',
    '2026-01-02T03:04:05.5+0130 [WARN] it is late',
    { time: at('2026-01-02T01:34:05.500Z'), level: 'warning', message: 'it is late' },
  ],
  [
    'a date without a zone',
    '2026-01-02 03:04:05,250 ERROR db: gone',
    { time: at('2026-01-02T03:04:05.250Z'), level: 'error', module: 'db', message: 'gone' },
  ],
  [
    'Anjay',
    'INFO [anjay] [/src/core/anjay_core.c:1]: Initializing',
    { level: 'info', module: 'anjay', message: 'Initializing' },
  ],
  ['a word that is no level', 'HELLO world: 1', { message: 'HELLO world: 1' }],
  ['a date that is none', '2026-13-45T99:00:00Z x', { message: 'x' }],
  ['a priority that is none', '<9999> x', { message: '<9999> x' }],
  ['nothing', '', { message: '' }],
])('%s', (_name, line, expected) => {
  expect(found(line)).toEqual(expected);
});

test('the line stays as it came, without its colours', () => {
  expect(parseLogLine('\u001b[1;32m[00:00:01.000,000] <dbg> a: b\u001b[0m').text).toBe('[00:00:01.000,000] <dbg> a: b');
});

test('a line that resembles a form for long takes no long time', () => {
  const long = `<34>1 - - - - - ${'[a="'.repeat(50_000)}`;
  const before = performance.now();
  expect(parseLogLine(long).level).toBe('critical');
  expect(performance.now() - before).toBeLessThan(1_000);
});
