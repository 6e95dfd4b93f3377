import { type Grammar, grammar } from './grammar.ts';
import { sha256Hex } from './hash.ts';
import { labelOfSha256 } from './job-labels.ts';
import { tableObjectKey } from './runs-and-loads.ts';
import type { TableRef } from './table-ref.ts';

const PUBLISH = grammar('{attemptId}-p{publishNumber#}');
const RESTORE = grammar('restore-{key}-{at}-{state}');
const DOCTOR = grammar('doctor-{random}');
const MERGE = grammar('history-{random}');
const COPY = grammar('{id}-r{copyNumber#}');
const DROP = grammar('{id}-drop');
const PUT_BACK = grammar('{id}-restore');
const PLACE = grammar('{id}-place');
const HISTORY = grammar('{loadId}-a{attempts#}-{status}');
const PROBE = 'probe';

/** What every job id of an installation begins with, at Dataproc and at BigQuery. */
export function jobIdPrefix(sourceId: string): string {
  return `${sourceId}-`;
}

/** A job's id without the SOURCE_ID before it; null where it is another installation's. */
export function nameInJobId(sourceId: string, id: string): string | null {
  const prefix = jobIdPrefix(sourceId);
  return id.startsWith(prefix) ? id.slice(prefix.length) : null;
}

function parseOf<P>(form: Grammar<P>, sourceId: string, id: string): P | null {
  const name = nameInJobId(sourceId, id);
  return name === null ? null : form.parse(name);
}

/** Dataproc job id of an attempt, or of a try of a capture; at most 100 characters. */
export function dataprocJobId(sourceId: string, name: string): string {
  return jobIdPrefix(sourceId) + name;
}

/** Dataproc job id of the doctor's look at the source; `random` is hex. */
export function doctorJobId(sourceId: string, random: string): string {
  return jobIdPrefix(sourceId) + DOCTOR.make({ random });
}

export function parseDoctorJobId(sourceId: string, id: string): { random: string } | null {
  return parseOf(DOCTOR, sourceId, id);
}

/** Dataproc's request id: the same submission sent twice is one job. */
export function dataprocRequestId(jobId: string): string {
  return labelOfSha256(sha256Hex(jobId));
}

/** BigQuery job id of publish number p (1…3) of an attempt. */
export function publishJobId(input: { sourceId: string; attemptId: string; publishNumber: number }): string {
  return jobIdPrefix(input.sourceId) + PUBLISH.make(input);
}

export function parsePublishJobId(
  sourceId: string,
  id: string,
): { attemptId: string; publishNumber: number } | null {
  return parseOf(PUBLISH, sourceId, id);
}

/** BigQuery job id of a MERGE into history; `random` is a UUID. */
export function historyMergeJobId(sourceId: string, random: string): string {
  return jobIdPrefix(sourceId) + MERGE.make({ random });
}

export function parseHistoryMergeJobId(sourceId: string, id: string): { random: string } | null {
  return parseOf(MERGE, sourceId, id);
}

/** A BigQuery job id that is never used: to ask for it is to ask whether BigQuery answers. */
export function probeJobId(sourceId: string): string {
  return jobIdPrefix(sourceId) + PROBE;
}

/** BigQuery job id of a person's restore: the same of the same table, time and state is one job. */
export function restoreJobId(input: {
  sourceId: string;
  table: TableRef;
  at: Date;
  /** `lastModifiedTime` of the destination as it is now, ISO; null where it is not there. */
  lastModified: string | null;
}): string {
  const state = input.lastModified === null ? 'none' : String(Date.parse(input.lastModified));
  const parts = { key: tableObjectKey(input.table), at: String(input.at.getTime()), state };
  return jobIdPrefix(input.sourceId) + RESTORE.make(parts);
}

/** KEY of the table, and both times in milliseconds since 1970. */
export function parseRestoreJobId(
  sourceId: string,
  id: string,
): { key: string; atMs: number; lastModifiedMs: number | null } | null {
  const found = parseOf(RESTORE, sourceId, id);
  if (!found) return null;
  const { key, at, state } = found;
  return { key, atMs: Number(at), lastModifiedMs: state === 'none' ? null : Number(state) };
}

/** Copies that there may be under one name; BigQuery keeps ids for 180 days. */
const MAX_COPIES = 30;

/**
 * BigQuery job ids of the copies under one name, in their order: a try that BigQuery let fail takes
 * its id along.
 */
export function copyJobIds(id: string): string[] {
  return Array.from({ length: MAX_COPIES }, (_, index) =>
    index === 0 ? id : COPY.make({ id, copyNumber: index + 1 }),
  );
}

/** BigQuery job id of the DROP TABLE that goes before the copies of that name. */
export function dropJobId(id: string): string {
  return DROP.make({ id });
}

/** Name of the copy that puts back what a publish has written. */
export function putBackJobId(publishId: string): string {
  return PUT_BACK.make({ id: publishId });
}

/**
 * Name of the copy that puts a rebuilt table, which a publish has loaded, in the old one's place.
 */
export function placeJobId(publishId: string): string {
  return PLACE.make({ id: publishId });
}

/** What a job that goes with another is to it. */
export type Companion =
  | { as: 'drop' | 'put-back' | 'place'; id: string }
  /** The n-th try (from 2) of a copy. */
  | { as: 'copy'; id: string; copyNumber: number };

/** The job that a job goes with; null for one that goes with none. */
export function parseCompanion(jobId: string): Companion | null {
  const copied = COPY.parse(jobId);
  if (copied) return { as: 'copy', ...copied };
  const forms = [
    ['drop', DROP],
    ['put-back', PUT_BACK],
    ['place', PLACE],
  ] as const;
  for (const [as, form] of forms) {
    const found = form.parse(jobId);
    if (found) return { as, ...found };
  }
  return null;
}

/**
 * `LOAD-aN-STATUS`: BullMQ job id of a history row; the row of one end handed over twice is one
 * job.
 */
export function historyRowJobId(end: { loadId: string; attempts: number; status: string }): string {
  return HISTORY.make(end);
}

export function parseHistoryRowJobId(
  id: string,
): { loadId: string; attempts: number; status: string } | null {
  return HISTORY.parse(id);
}
