const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of `timeZone` are ahead of UTC at `instant`, in ms. */
export function offsetMs(timeZone: string, instant: number): number {
  const [month = 0, day = 0, year = 0, ...time] = (
    formatOf(timeZone).format(instant).match(/\d+/g) ?? []
  ).map(Number);
  const [hour = 0, minute = 0, second = 0] = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

/** When a clock of the zone shows `wallMs` (what it shows, read as UTC). */
export interface WallTime {
  /**
   * Ascending: two where the clocks are put back over it, none where they are put forward over it.
   */
  instants: readonly number[];
  /**
   * As if the clocks had not been put forward: the instant that stands in for one that does not
   * exist.
   */
  asBefore: number;
  /** No later wall time comes before this. */
  earliest: number;
}

/** Zones change their clocks at most once in two days, by at most a day (Samoa, 2011). */
export function instantsOf(timeZone: string, wallMs: number): WallTime {
  const before = offsetMs(timeZone, wallMs - DAY_MS);
  const after = offsetMs(timeZone, wallMs + DAY_MS);
  const shown = [...new Set([before, after])].filter(
    (offset) => offsetMs(timeZone, wallMs - offset) === offset,
  );
  return {
    instants: shown.map((offset) => wallMs - offset).sort((one, other) => one - other),
    asBefore: wallMs - before,
    earliest: wallMs - Math.max(before, after),
  };
}

/**
 * By how much the clocks of the zone are changed within a day of `instant`, in ms; 0 on nearly
 * every day.
 */
export function changeAround(timeZone: string, instant: number): number {
  const here = offsetMs(timeZone, instant);
  const others = [instant - DAY_MS, instant + DAY_MS].map((at) => Math.abs(offsetMs(timeZone, at) - here));
  return Math.max(...others);
}
