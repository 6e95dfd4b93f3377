import { grammar } from './grammar.ts';
import { sha256Hex } from './hash.ts';
import type { TableRef } from './table-ref.ts';

/** Grammar of SOURCE_ID: it leads every outside name of an installation. */
export const SOURCE_ID_PATTERN = /^[a-z][a-z0-9-]{0,19}$/;
const SLUG_LENGTH = 26;

const STAMP = '(\\d{4})(\\d{2})(\\d{2})T(\\d{2})(\\d{2})(\\d{2})Z';
/** RUN as it is written: of a slot, or of a person. */
const RUN = new RegExp(`^(?:${STAMP}|manual-${STAMP}-([0-9a-f]{4}))`);
const LOAD = /^-([a-z0-9-]{1,26}-[0-9a-f]{12})/;
const ATTEMPT = grammar('{loadId}-a{attemptNumber#}');

/** What the name of a run says. */
export type RunName =
  | { trigger: 'scheduled'; at: Date }
  /** `random`: four hex digits. */
  | { trigger: 'manual'; at: Date; random: string };

/** RUN of a slot: `YYYYMMDDTHHMMSSZ`. */
export function scheduledRunName(slot: Date): string {
  return `${slot.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** RUN of a person: `manual-YYYYMMDDTHHMMSSZ-hhhh`; `random` is four hex digits. */
export function manualRunName(now: Date, random: string): string {
  return `manual-${scheduledRunName(now)}-${random}`;
}

/** What the name of a run says; null where it is no run's. */
export function parseRun(runId: string): RunName | null {
  const found = RUN.exec(runId);
  if (found?.[0] !== runId) return null;
  const [year, month, day, hour, minute, second, random] = found
    .slice(1)
    .filter((part) => part !== undefined);
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at.getTime())) return null;
  return random === undefined ? { trigger: 'scheduled', at } : { trigger: 'manual', at, random };
}

/** The time in a run's name; null where it is no run's. */
export function timeOfRun(runId: string): Date | null {
  return parseRun(runId)?.at ?? null;
}

/** Orders runs by the time in their names, newest first; what is no run's name comes last. */
export function newestRunFirst(one: string, other: string): number {
  return orderOf(other).localeCompare(orderOf(one));
}

function orderOf(runId: string): string {
  const run = parseRun(runId);
  if (!run) return '';
  return `${run.at.toISOString()} ${run.trigger === 'manual' ? run.random : ''}`;
}

/** KEY of a table: `slug-hash`, at most 39 characters, the same in every run. */
export function tableObjectKey({ schema, table }: TableRef): string {
  const slug = `${schema}_${table}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, SLUG_LENGTH);
  return `${slug}-${sha256Hex(`${schema}\0${table}`).slice(0, 12)}`;
}

/** LOAD: one table within one run; also the BullMQ job id of its `ingest` job. */
export function loadName(runId: string, table: TableRef): string {
  return `${runId}-${tableObjectKey(table)}`;
}

/** Run and table (KEY) of a load; null where it is no load's name. */
export function parseLoad(loadId: string): { runId: string; key: string } | null {
  const found = beginning(loadId);
  return found?.key && loadId === `${found.runId}-${found.key}`
    ? { runId: found.runId, key: found.key }
    : null;
}

/**
 * Run and load that a name begins with, such as that of a Dataproc job without its SOURCE_ID; null
 * where it does not.
 */
export function runAndLoadOf(name: string): { runId: string; loadId: string | null } | null {
  const found = beginning(name);
  if (!found) return null;
  const { runId, key } = found;
  return { runId, loadId: key === null ? null : `${runId}-${key}` };
}

function beginning(name: string): { runId: string; key: string | null } | null {
  const runId = RUN.exec(name)?.[0];
  return runId ? { runId, key: LOAD.exec(name.slice(runId.length))?.[1] ?? null } : null;
}

/** ATTEMPT number n (from 1) of a load. */
export function attemptName(loadId: string, attemptNumber: number): string {
  return ATTEMPT.make({ loadId, attemptNumber });
}

/** What the name of every attempt of a load begins with. */
export function attemptPrefix(loadId: string): string {
  return `${loadId}-a`;
}

/** Load and number of an attempt; null where it is no attempt's name. */
export function parseAttempt(attemptId: string): { loadId: string; attemptNumber: number } | null {
  return ATTEMPT.parse(attemptId);
}
