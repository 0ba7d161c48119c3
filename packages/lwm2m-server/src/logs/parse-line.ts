import type { LogText } from '../api/logs.ts';
import { LOG_LEVELS, type LogLevel } from './log-level.ts';

/** What a line of a log says of itself. */
export type ParsedLine = Pick<LogText, 'text' | 'message' | 'level' | 'module' | 'uptimeMs' | 'time'>;

/** So many characters of a line are searched for what stands before the message. */
const HEAD_LENGTH = 512;

const COLOURS = /\u001b\[[0-9;]{0,16}m/g;

const LEVEL_OF_WORD: Readonly<Record<string, LogLevel>> = {
  EMERG: 'emergency',
  EMERGENCY: 'emergency',
  PANIC: 'emergency',
  ALERT: 'alert',
  CRIT: 'critical',
  CRITICAL: 'critical',
  FATAL: 'critical',
  E: 'error',
  ERR: 'error',
  ERROR: 'error',
  W: 'warning',
  WRN: 'warning',
  WARN: 'warning',
  WARNING: 'warning',
  NOTICE: 'notice',
  I: 'info',
  INF: 'info',
  INFO: 'info',
  D: 'debug',
  DBG: 'debug',
  DEBUG: 'debug',
  V: 'debug',
  TRACE: 'debug',
  VERBOSE: 'debug',
};

/**
 * Finds time, level and module in the usual forms of a line: Zephyr's `[00:00:01.234,000] <inf> module: text`, syslog with a priority (RFC 5424, and RFC 3164, whose time has
 * neither year nor zone and is left out), ESP-IDF's `I (1234) wifi: text`, the kernel's `[    1.234567] text`, and `2026-01-02T03:04:05.678Z [INFO] text`, of which a time without a
 * zone counts as UTC. What is in none of them is the message as it stands. Never throws.
 */
export function parseLogLine(line: string): ParsedLine {
  const text = line.replace(COLOURS, '');
  const head = new Head(text);
  const parsed = syslog(head) ?? espressif(head) ?? plain(head);
  return { text, message: head.rest(), ...parsed };
}

type Facts = Omit<ParsedLine, 'text' | 'message'>;

const NOTHING: Facts = { level: undefined, module: undefined, uptimeMs: undefined, time: undefined };

/** Takes what fits from the start of a line. */
class Head {
  readonly #text: string;
  readonly #head: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
    this.#head = text.slice(0, HEAD_LENGTH);
  }

  /** The groups of what fits here; undefined, with nothing taken, when it does not. The pattern is sticky. */
  take(pattern: RegExp): readonly (string | undefined)[] | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#head);
    if (match === null) return undefined;
    this.#offset = pattern.lastIndex;
    return match.slice(1);
  }

  rest(): string {
    return this.#text.slice(this.#offset);
  }
}

const PRIORITY = /<([0-9]{1,3})>/y;
const RFC_5424 = /1 (\S{1,64}) \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} /y;
const NO_DATA = /-(?: |$)/y;
const STRUCTURED_DATA = /(?:\[(?:[^\]\\]|\\.){0,400}\]){1,16}(?: |$)/y;
const RFC_3164 = /[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} \S{1,255} /y;
const TAG = /([A-Za-z0-9_.\/-]{1,48})(?:\[[0-9]{1,10}\])?: ?/y;

/** With a priority: RFC 5424 §6.2, RFC 3164 §4.1. The kernel's own form has one too, before its time. */
function syslog(head: Head): Facts | undefined {
  const [priority] = head.take(PRIORITY) ?? [];
  if (priority === undefined) return undefined;
  const level = LOG_LEVELS[Number(priority) & 7];
  const [timestamp, app] = head.take(RFC_5424) ?? [];
  if (timestamp !== undefined) {
    if (head.take(NO_DATA) === undefined) head.take(STRUCTURED_DATA);
    head.take(/\ufeff/y);
    return { ...NOTHING, level, time: timeOf(timestamp), module: app === '-' ? undefined : app };
  }
  if (head.take(RFC_3164) === undefined) return { ...plain(head), level };
  return { ...NOTHING, level, module: head.take(TAG)?.[0] };
}

const ESPRESSIF = /([EWIDV]) \(([0-9]{1,12})\) ([^\s:]{1,64}): ?/y;

function espressif(head: Head): Facts | undefined {
  const [letter = '', uptime, module] = head.take(ESPRESSIF) ?? [];
  if (uptime === undefined) return undefined;
  return { ...NOTHING, level: LEVEL_OF_WORD[letter], uptimeMs: Number(uptime), module };
}

const ZEPHYR = /\[([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?:,[0-9]{3})?\]\s{0,8}/y;
const TICKS = /\[[0-9]{8,20}\]\s{0,8}(?=<)/y;
const KERNEL = /\[\s{0,8}([0-9]{1,10}\.[0-9]{1,9})\]\s{0,8}/y;
const DATE =
  /\[?([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))?\s?(Z|[+-][0-9]{2}:?[0-9]{2})?\]?(?:\s{1,8}|$)/y;
const LEVEL = /(?:<([A-Za-z]{3,9})>|\[([A-Za-z]{3,9})\]|([A-Z]{3,9})(?=[ :])):?\s{0,8}/y;
const BRACKETED = /\[([A-Za-z0-9_.-]{1,64})\]\s{0,8}(?:\[[^\]]{1,200}\]:\s{0,8})?/y;
const MODULE = /([A-Za-z_][A-Za-z0-9_.\/-]{0,63}): /y;

/** Any of a time, a level and a module, in this order. */
function plain(head: Head): Facts {
  const uptimeMs = uptimeOf(head);
  const time = uptimeMs === undefined ? dateOf(head) : undefined;
  const level = levelOf(head);
  if (level === undefined) return { ...NOTHING, uptimeMs, time };
  const module = head.take(BRACKETED)?.[0] ?? head.take(MODULE)?.[0];
  return { uptimeMs, time, level, module };
}

function uptimeOf(head: Head): number | undefined {
  const zephyr = head.take(ZEPHYR);
  if (zephyr !== undefined) {
    const [hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = zephyr.map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds;
  }
  if (head.take(TICKS) !== undefined) return undefined; // of what length, only the device knows
  const [seconds] = head.take(KERNEL) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function dateOf(head: Head): number | undefined {
  const [day, time, fraction = '0', zone = 'Z'] = head.take(DATE) ?? [];
  return day === undefined ? undefined : timeOf(`${day}T${time}.${fraction}${zone}`);
}

/** A word that is no level stays where it is. */
function levelOf(head: Head): LogLevel | undefined {
  const peeked = new Head(head.rest()).take(LEVEL);
  const word = peeked?.find((group) => group !== undefined)?.toUpperCase();
  const level = word === undefined ? undefined : LEVEL_OF_WORD[word];
  if (level !== undefined) head.take(LEVEL);
  return level;
}

function timeOf(text: string): number | undefined {
  const time = Date.parse(text.replace(/([+-][0-9]{2})([0-9]{2})$/, '$1:$2'));
  return Number.isNaN(time) ? undefined : time;
}
