import { randomBytes } from 'node:crypto';
import { makeScratch, type Scratch } from './scratch.ts';
import type { Target } from './target.ts';
import { type BigQueryTools, createBigQueryTools } from './tools/bigquery.ts';
import { createDataprocTools, type DataprocTools } from './tools/dataproc.ts';
import { createMysqlTools, type MysqlTools } from './tools/mysql.ts';
import { createObjectTools, type ObjectTools } from './tools/objects.ts';
import { isNotImplemented, Undecided } from './verdict.ts';

/**
 * A target with everything that an assertion may use and leave behind: `closeContext` removes it.
 */
export interface ProveContext {
  target: Target;
  isLocal: boolean;
  signal: AbortSignal;
  bigquery: BigQueryTools;
  objects: ObjectTools;
  /** Throws `Undecided` where no cluster was named. */
  dataproc(): DataprocTools;
  /** Throws `Undecided` where no server was named. */
  mysql(): MysqlTools;
  /**
   * Runs `make` once for each key; whoever asks again gets the same answer, or the same failure.
   */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** What `closeContext` needs. */
  opened: { dataproc: DataprocTools | null; mysql: MysqlTools | null; scratch: Scratch | null };
}

/** Something that the command line names does not answer, or not to us. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Tables that a killed run leaves are gone after a day. */
const TABLE_LIFETIME_MS = 86_400_000;
const CANCEL_PATIENCE_MS = 120_000;

/**
 * The name under which one run creates things: `adutora_prove_<hex>`; objects and Dataproc jobs
 * have dashes.
 */
export function newMark(): string {
  return `adutora_prove_${randomBytes(4).toString('hex')}`;
}

/** What a run creates at its target and removes again, for people. */
export function plannedCreations(target: Target, mark: string): string[] {
  const dashed = mark.replaceAll('_', '-');
  return [
    target.dataset
      ? `tables ${mark}_… in dataset ${target.project}.${target.dataset}`
      : `dataset ${target.project}.${mark} in ${target.location}, with about 50 tables of a few rows`,
    `load, copy and query jobs ${mark}_… (jobs cannot be removed; BigQuery forgets them)`,
    `objects gs://${target.bucket}/${dashed}/…, a few kB and the MySQL driver`,
    ...(target.dataproc ? [`one PySpark job ${dashed}-… on ${target.dataproc.cluster}, about a minute`] : []),
    ...(target.scratchSchema ? [`MySQL table ${target.scratchSchema}.${mark}`] : []),
  ];
}

/**
 * Connects and creates dataset and scratch. Throws `Unreachable`, with everything made so far
 * removed.
 */
export async function openContext(target: Target, mark: string, signal: AbortSignal): Promise<ProveContext> {
  const made = new Map<string, Promise<unknown>>();
  const opened: ProveContext['opened'] = { dataproc: null, mysql: null, scratch: null };
  const context: ProveContext = {
    target,
    isLocal: target.standIns !== null,
    signal,
    ...createTools(target, mark, signal),
    opened,
    dataproc: () => orUndecided(opened.dataproc, 'no --region and --cluster were given'),
    mysql: () => orUndecided(opened.mysql, 'no --mysql was given'),
    once: <T>(key: string, make: () => Promise<T>) => {
      const found = (made.get(key) as Promise<T> | undefined) ?? make();
      made.set(key, found);
      return found;
    },
  };
  try {
    await reach('BigQuery', () => ensureDataset(context, mark));
    await reach(`bucket ${target.bucket}`, () => context.objects.list(context.objects.settings.prefix));
    if (target.dataproc) await reach(`cluster ${target.dataproc.cluster}`, () => openDataproc(context, mark));
    if (target.mysql) await reach('MySQL', () => openMysql(context, mark));
    return context;
  } catch (error) {
    await closeContext(context);
    throw error;
  }
}

function createTools(target: Target, mark: string, signal: AbortSignal) {
  const { project, location, bucket } = target;
  return {
    bigquery: createBigQueryTools({
      project,
      location,
      dataset: target.dataset ?? mark,
      mark,
      emulatorHost: target.standIns?.bigquery ?? null,
      signal,
    }),
    objects: createObjectTools({
      project,
      bucket,
      prefix: `${mark.replaceAll('_', '-')}/`,
      apiEndpoint: target.standIns?.storage ?? null,
    }),
  };
}

function orUndecided<T>(found: T | null, why: string): T {
  if (found) return found;
  throw new Undecided(why);
}

async function reach<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new Unreachable(`${what}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

async function ensureDataset({ target, bigquery }: ProveContext, mark: string): Promise<void> {
  if (target.dataset) {
    await bigquery.rest({ method: 'GET', uri: `/datasets/${target.dataset}` });
    return;
  }
  const json = {
    datasetReference: { projectId: target.project, datasetId: mark },
    location: target.location,
    description: 'Made by "npm run prove"; may be removed at any time.',
  };
  const create = (more: object) =>
    bigquery.rest({ method: 'POST', uri: '/datasets', json: { ...json, ...more } });
  try {
    await create({ defaultTableExpirationMs: String(TABLE_LIFETIME_MS) });
  } catch (error) {
    if (!isNotImplemented(error)) throw error;
    await create({});
  }
}

async function openDataproc({ target, signal, opened }: ProveContext, mark: string): Promise<void> {
  if (!target.dataproc) return;
  opened.dataproc = createDataprocTools({
    ...target.dataproc,
    project: target.project,
    mark: mark.replaceAll('_', '-'),
    apiEndpoint: target.standIns?.dataproc ?? null,
    signal,
  });
  await opened.dataproc.cluster();
}

async function openMysql({ target, opened }: ProveContext, mark: string): Promise<void> {
  if (!target.mysql) return;
  opened.scratch = await makeScratch(target, mark);
  opened.mysql = createMysqlTools({
    address: target.mysql,
    mark,
    scratch: opened.scratch?.place ?? null,
    unprivileged: opened.scratch?.unprivileged ?? null,
  });
  await opened.mysql.select('SELECT 1');
}

/** Removes what the run has made; what could not be removed, with the reason. */
export async function closeContext(context: ProveContext): Promise<string[]> {
  const { target, bigquery, objects, opened } = context;
  const problems: string[] = [];
  const remove = async (what: string, call: () => Promise<unknown>) => {
    await call().catch((error: unknown) => {
      const { code, message } = error as { code?: unknown; message: string };
      // What is not there need not be removed: BigQuery's and Dataproc's words for it.
      if (Number(code) !== 404 && Number(code) !== 5) problems.push(`${what}: ${message.split('\n')[0]}`);
    });
  };
  if (opened.dataproc) await removeDataprocJobs(opened.dataproc, remove);
  await remove(`objects ${objects.settings.prefix}`, objects.removeAll);
  const dataset = `/datasets/${bigquery.settings.dataset}`;
  if (target.dataset)
    for (const table of bigquery.tables())
      await remove(`table ${table}`, () =>
        bigquery.rest({ method: 'DELETE', uri: `${dataset}/tables/${table}` }),
      );
  else
    await remove(`dataset ${bigquery.settings.dataset}`, () =>
      bigquery.rest({ method: 'DELETE', uri: dataset, qs: { deleteContents: 'true' } }),
    );
  if (opened.mysql) await opened.mysql.close();
  if (opened.scratch) await remove('MySQL scratch', opened.scratch.remove);
  return problems;
}

async function removeDataprocJobs(
  dataproc: DataprocTools,
  remove: (what: string, call: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  for (const id of dataproc.submitted()) {
    await dataproc.cancel(id).catch(() => undefined);
    await remove(`Dataproc job ${id}`, async () => {
      await dataproc.finish(id, AbortSignal.timeout(CANCEL_PATIENCE_MS));
      await dataproc.remove(id);
    });
  }
  await dataproc.close();
}
