import { parseJobKey } from '../pipeline/names/index.ts';
import { asJson } from '../redis/as-json.ts';

/**
 * In place of a payload that cannot be read: what is wrong with the job. No schema of a payload
 * accepts it.
 */
export const UNREADABLE = 'unreadable';

/** A job, or a schedule's template, as its hash in Redis has it. */
export type JobFields = Record<string, string>;

/** What scripts in Redis count in. */
export const COUNTERS = ['ats', 'atm', 'stc'] as const;
const NUMBERS = [...COUNTERS, 'timestamp', 'delay', 'priority'];

/**
 * The fields such that BullMQ can decode them. Of data and options that cannot be, the data say so;
 * the rest is made up for.
 */
export function readableFields(fields: JobFields): JobFields {
  const { data, opts, progress, ...rest } = withParent(withNumbers(fields));
  const broken = [
    ...(isJson(data) ? [] : ['data']),
    ...(opts === undefined || isObject(asJson(opts)) ? [] : ['options']),
  ];
  if (broken.includes('options')) delete rest['rjk'];
  return {
    ...rest,
    name: rest['name'] ?? 'nameless',
    data: broken.length > 0 ? JSON.stringify({ [UNREADABLE]: broken }) : (data ?? '{}'),
    opts: broken.includes('options') ? '{}' : (opts ?? '{}'),
    progress: asJson(progress ?? '') === null ? '0' : (progress ?? '0'),
  };
}

/** A schedule's fields, without a template that cannot be read. */
export function readableTemplate({ data, opts, ...rest }: JobFields): JobFields {
  const isReadable = isJson(data) && (opts === undefined || isObject(asJson(opts)));
  if (!isReadable) return rest;
  return { ...rest, ...(data === undefined ? {} : { data }), ...(opts === undefined ? {} : { opts }) };
}

/** Flat lists are how scripts answer with hashes. */
export function toFields(list: readonly string[]): JobFields {
  return Object.fromEntries(
    Array.from({ length: list.length / 2 }, (_, at) => [list[2 * at], list[2 * at + 1]]),
  );
}

/** Whether a script can count in the field. */
export function isCounter(value: string | undefined): boolean {
  return value === undefined || /^-?\d{1,15}$/.test(value);
}

function withNumbers(fields: JobFields): JobFields {
  const wrong = NUMBERS.filter(
    (name) => fields[name] !== undefined && !Number.isFinite(Number(fields[name])),
  );
  return { ...fields, ...Object.fromEntries(wrong.map((name) => [name, '0'])) };
}

/** The parent stands in two fields; `parentKey`, `prefix:queue:id`, is enough to tell it. */
function withParent({ parent, ...fields }: JobFields): JobFields {
  if (parent === undefined) return fields;
  const known = asJson(parent);
  const isWhole = isObject(known) && typeof known['id'] === 'string' && typeof known['queueKey'] === 'string';
  if (isWhole) return { ...fields, parent };
  const of = parseJobKey(fields['parentKey'] ?? '');
  return of
    ? { ...fields, parent: JSON.stringify({ id: of.id, queueKey: of.queueKey, idof: true }) }
    : fields;
}

function isJson(text: string | undefined): boolean {
  return text === undefined || text === '' || text.trim() === 'null' || asJson(text) !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
