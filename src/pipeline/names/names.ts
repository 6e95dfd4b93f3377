import { createHash } from 'node:crypto';
import type { TableRef } from './table-ref.ts';

/** Grammar of SOURCE_ID: it leads every outside name of an installation. */
export const SOURCE_ID_PATTERN = /^[a-z][a-z0-9-]{0,19}$/;
const SLUG_LENGTH = 26;

/** SHA-256 of text, as hex. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** RUN of a slot: `YYYYMMDDTHHMMSSZ`. */
export function scheduledRunName(slot: Date): string {
  return `${slot.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** RUN of a person: `manual-YYYYMMDDTHHMMSSZ-hhhh`; `random` is four hex digits. */
export function manualRunName(now: Date, random: string): string {
  return `manual-${scheduledRunName(now)}-${random}`;
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

/** ATTEMPT number n (from 1) of a load. */
export function attemptName(loadId: string, attemptNumber: number): string {
  return `${loadId}-a${attemptNumber}`;
}

/** Dataproc job id of an attempt, at most 100 characters. */
export function dataprocJobId(sourceId: string, attemptId: string): string {
  return `${sourceId}-${attemptId}`;
}

/** Dataproc's request id: the same submission sent twice is one job. */
export function dataprocRequestId(jobId: string): string {
  return sha256Hex(jobId).slice(0, 32);
}

/** BigQuery job id of publish number p (1…3) of an attempt. */
export function publishJobId(input: { sourceId: string; attemptId: string; publishNumber: number }): string {
  return `${input.sourceId}-${input.attemptId}-p${input.publishNumber}`;
}

/** Key prefix of an installation in Redis. */
export function queuePrefix(sourceId: string): string {
  return `adutora-${sourceId}`;
}

/** Copies that there may be under one name; BigQuery keeps ids for 180 days. */
const MAX_COPIES = 30;

/** BigQuery job ids of the copies under one name, in their order: a try that BigQuery let fail takes its id along. */
export function copyJobIds(id: string): string[] {
  return Array.from({ length: MAX_COPIES }, (_, index) => (index === 0 ? id : `${id}-r${index + 1}`));
}

/** BigQuery job id of the DROP TABLE that goes before the copies of that name. */
export function dropJobId(id: string): string {
  return `${id}-drop`;
}

/** BigQuery job id of a person's restore: the same of the same table, time and state is one job. */
export function restoreJobId(input: {
  sourceId: string;
  table: TableRef;
  at: Date;
  /** `lastModifiedTime` of the destination as it is now, ISO; null where it is not there. */
  lastModified: string | null;
}): string {
  const state = input.lastModified === null ? 'none' : Date.parse(input.lastModified);
  return `${input.sourceId}-restore-${tableObjectKey(input.table)}-${input.at.getTime()}-${state}`;
}

/** Labels on Dataproc and BigQuery jobs; values match `[a-z0-9_-]{1,63}`. */
export function jobLabels(input: {
  sourceId: string;
  runId: string;
  loadId: string;
  attemptNumber: number;
  specSha256: string;
}): Record<string, string> {
  return {
    installation: input.sourceId,
    run: input.runId.toLowerCase(),
    load: input.loadId.slice(-12),
    attempt: `a${input.attemptNumber}`,
    spec: input.specSha256.slice(0, 32),
  };
}

/** Object names of an installation (docs/crash-safety.md, "The bucket"). Raw table names never appear in them. */
export function objectNames(sourceId: string) {
  const run = (runName: string) => `${sourceId}/runs/${runName}/`;
  const stage = (attemptId: string) => `${sourceId}/stage/${attemptId}/`;
  return {
    installation: `${sourceId}/installation.json`,
    /** What a person has paused. */
    pauses: `${sourceId}/paused.json`,
    /** Tables gone from the listing that a person knows of. */
    acknowledged: `${sourceId}/acknowledged.json`,
    /** The MERGE into history that was started last. */
    historyMerge: `${sourceId}/history.json`,
    /** Prefix of all runs. */
    runs: `${sourceId}/runs/`,
    run,
    /** What was asked for, written before the run's job is added. */
    request: (runName: string) => `${run(runName)}request.json`,
    tables: (runName: string) => `${run(runName)}tables.json`,
    load: (runName: string, loadId: string) => `${run(runName)}loads/${loadId}.json`,
    /** Prefix of a load's objects: `LOAD.json`, and `LOAD-aN.json` where the table was altered before attempt n. */
    loads: (runName: string, loadId: string) => `${run(runName)}loads/${loadId}`,
    reshapedLoad: (runName: string, loadId: string, attemptNumber: number) =>
      `${run(runName)}loads/${attemptName(loadId, attemptNumber)}.json`,
    /** There where a person has cancelled the load: up to which attempt. */
    cancelled: (runName: string, loadId: string) => `${run(runName)}loads/${loadId}-cancelled.json`,
    summary: (runName: string) => `${run(runName)}summary.json`,
    /** Prefix of how the loads of a run have ended. */
    ends: (runName: string) => `${run(runName)}ends/`,
    end: (runName: string, loadId: string) => `${run(runName)}ends/${loadId}.json`,
    /** Prefix under which every attempt of a load lies; ends before the attempt's number. */
    attempts: (loadId: string) => `${sourceId}/stage/${loadId}-a`,
    /** The fence of a table: tickets, and who may write to its destination. */
    state: (tableKey: string) => `${sourceId}/tables/${tableKey}/state.json`,
    /** What we have set on the destination of a table. */
    design: (tableKey: string) => `${sourceId}/tables/${tableKey}/design.json`,
    stage,
    spec: (attemptId: string) => `${stage(attemptId)}spec.json`,
    data: (attemptId: string) => `${stage(attemptId)}data/`,
    manifest: (attemptId: string) => `${stage(attemptId)}manifest.json`,
    /** What a publish of the attempt changes; written before it starts. */
    publish: (attemptId: string) => `${stage(attemptId)}publish.json`,
    /** There where the guard has stopped the attempt, and where a person wants it published all the same (attempt, time). */
    guard: (attemptId: string) => `${stage(attemptId)}guard.json`,
    accepted: (attemptId: string) => `${stage(attemptId)}accepted.json`,
    /** What the reader of the attempt says of itself while it reads. */
    progress: (attemptId: string) => `${stage(attemptId)}progress.json`,
    attemptError: (attemptId: string) => `${stage(attemptId)}error.json`,
    /** Prefix under which every try of a capture by Dataproc job lies; ends before the try's number. */
    captures: (capture: string) => `${sourceId}/captures/${capture}-a`,
    code: (sha256: string, file: string) => `${sourceId}/code/${sha256}/${file}`,
  };
}
