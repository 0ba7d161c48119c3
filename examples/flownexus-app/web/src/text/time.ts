const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "12 s ago". A time in the near future (clocks differ a little) is "just now". */
export function relativeTime(time: number, now: number): string {
  const age = now - time;
  if (age < 2 * SECOND) return 'just now';
  if (age < MINUTE) return `${String(Math.floor(age / SECOND))} s ago`;
  if (age < HOUR) return `${String(Math.floor(age / MINUTE))} min ago`;
  if (age < DAY) return `${String(Math.floor(age / HOUR))} h ago`;
  return `${String(Math.floor(age / DAY))} d ago`;
}

/** "4 Mar 2026, 14:03:22 UTC" in the reader's time zone, or in the given one. */
export function absoluteTime(time: number, timeZone?: string): string {
  const options: Intl.DateTimeFormatOptions = {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  };
  if (timeZone !== undefined) options.timeZone = timeZone;
  return new Intl.DateTimeFormat('en-GB', options).format(time);
}

/** "14:03:22" */
export function clockTime(time: number, timeZone?: string): string {
  const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  if (timeZone !== undefined) options.timeZone = timeZone;
  return new Intl.DateTimeFormat('en-GB', options).format(time);
}

const UNITS = [
  [DAY / SECOND, 'd'],
  [HOUR / SECOND, 'h'],
  [MINUTE / SECOND, 'min'],
  [1, 's'],
] as const;

/** "1 d", "1 h 30 min": the two largest parts of a number of seconds. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size);
    if (count === 0) {
      if (parts.length > 0) break;
      continue;
    }
    rest -= count * size;
    parts.push(`${String(count)} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** The label of a mark on a time axis whose marks are `stepMs` apart. Midnight shows the date. */
export function axisTime(time: number, stepMs: number): string {
  const date = new Date(time);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (midnight || stepMs >= DAY)
    return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(time);
  if (stepMs < MINUTE) return clockTime(time);
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(time);
}
