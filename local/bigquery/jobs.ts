import { randomUUID } from 'node:crypto';
import { ApiError, duplicate, invalid, notFound, onlyFields, unknown } from './api-error.ts';
import { type CopyConfiguration, checkCopy, runCopy } from './copy-job.ts';
import { type FormatOptions, formatOptionsOf, timestampPrinter } from './format-options.ts';
import { checkLoad, type LoadConfiguration, runLoad } from './load-job.ts';
import { type QueryResult, runQuery } from './query-job.ts';
import type { JobResource } from './resources.ts';
import type { QueryParameter } from './sql-translation.ts';
import { checkLabels, type StandIn } from './stand-in.ts';

interface InsertBody {
  jobReference?: { jobId?: string; location?: string; projectId?: string };
  configuration: {
    labels?: Record<string, string>;
    load?: LoadConfiguration;
    copy?: CopyConfiguration;
    query?: QueryConfiguration;
    dryRun?: boolean;
  };
}

interface QueryConfiguration {
  query: string;
  useLegacySql?: boolean;
  queryParameters?: QueryParameter[];
  parameterMode?: string;
}

interface QueryRequest extends QueryConfiguration {
  location?: string;
  labels?: Record<string, string>;
  maxResults?: number;
  formatOptions?: FormatOptions;
}

const QUERY_FIELDS = [
  'query',
  'useLegacySql',
  'queryParameters',
  'parameterMode',
  'priority',
  'useQueryCache',
];
/** Of `jobs.query`: what changes the answer, and what cannot (here every query runs at once). */
const REQUEST_FIELDS = [
  ...QUERY_FIELDS,
  ...[
    'kind',
    'location',
    'labels',
    'maxResults',
    'formatOptions',
    'requestId',
    'timeoutMs',
    'jobCreationMode',
  ],
];
const RESULT_PARAMETERS = [
  ...['location', 'maxResults', 'pageToken', 'startIndex', 'timeoutMs', 'prettyPrint'],
  ...['formatOptions.useInt64Timestamp', 'formatOptions.timestampOutputFormat'],
];
const CONFIGURATION_FIELDS = ['labels', 'load', 'copy', 'query', 'jobType', 'jobTimeoutMs'];
const RESULTS_KEPT = 20;
const PAGE_ROWS = 10_000;

/** Jobs of the stand-in: load, copy and query, by id and location, an id never twice. */
export class Jobs {
  readonly #standIn: StandIn;
  readonly #results = new Map<string, QueryResult>();
  readonly #running = new Set<Promise<void>>();

  constructor(standIn: StandIn) {
    this.#standIn = standIn;
  }

  /** Jobs that a stop of the stand-in cut off end with an error, as a lost backend's would. */
  async recover(): Promise<void> {
    for (const job of this.#standIn.resources.list('job').filter(({ state }) => state !== 'DONE')) {
      await this.#save({
        ...job,
        state: 'DONE',
        endTime: Date.now(),
        error: { reason: 'backendError', message: 'The stand-in was stopped.' },
      });
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async insert(body: InsertBody): Promise<JobResource> {
    const { configuration } = body;
    checkLabels(configuration.labels ?? {});
    const start = this.#check(configuration);
    const job = await this.#create(body.jobReference ?? {}, { ...configuration });
    const work = start(job);
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
    return job;
  }

  /** Refuses what it does not know; gives what runs the job. */
  #check(configuration: InsertBody['configuration']): (job: JobResource) => Promise<void> {
    onlyFields(configuration, CONFIGURATION_FIELDS, 'configuration');
    const { load, copy, query } = configuration;
    if ([load, copy, query].filter(Boolean).length !== 1)
      throw unknown('jobs that do not load, copy or query');
    if (load) {
      checkLoad(load);
      return (job) => this.#write(job, (commit) => runLoad(this.#standIn, load, commit));
    }
    if (copy) {
      checkCopy(copy);
      return (job) => this.#write(job, (commit) => runCopy(this.#standIn, copy, commit));
    }
    onlyFields(query ?? {}, QUERY_FIELDS, 'configuration.query');
    checkDialect(query ?? {});
    return (job) => this.#query(job, query as QueryConfiguration);
  }

  /** `jobs.query`: runs at once and answers with the first page. */
  async query(body: QueryRequest): Promise<object> {
    onlyFields(body, REQUEST_FIELDS, 'query');
    checkDialect(body);
    const format = timestampPrinter(body.formatOptions);
    const job = await this.#create(
      { ...(body.location && { location: body.location }) },
      { query: { query: body.query }, labels: body.labels ?? {} },
    );
    await this.#query(job, body);
    const done = this.get(job.id, job.location);
    if (done.error)
      throw new ApiError(done.error.reason === 'notFound' ? 404 : 400, done.error.reason, done.error.message);
    const page = { start: 0, maxResults: body.maxResults ?? PAGE_ROWS, format };
    return { kind: 'bigquery#queryResponse', ...this.#answer(job, page) };
  }

  get(id: string, location: string | null): JobResource {
    const job = this.#standIn.resources.get('job', id);
    // Without a location BigQuery looks in the US and EU only.
    const isFound =
      job &&
      (location === null
        ? ['US', 'EU'].includes(job.location.toUpperCase())
        : location.toLowerCase() === job.location.toLowerCase());
    if (!isFound) throw notFound(`Job ${this.#standIn.project}:${id}`);
    return job;
  }

  /** `jobs.getQueryResults`: a page of a query's rows; a parameter it does not know is refused. */
  results(id: string, query: URLSearchParams): object {
    const extra = [...query.keys()].filter((key) => !RESULT_PARAMETERS.includes(key));
    if (extra.length > 0) throw unknown(`the parameter ${extra.join(', ')} of jobs.getQueryResults`);
    const start = Number(query.get('pageToken') ?? query.get('startIndex') ?? 0);
    const maxResults = Number(query.get('maxResults') ?? PAGE_ROWS);
    const page = { start, maxResults, format: timestampPrinter(formatOptionsOf(query)) };
    const job = this.get(id, query.get('location'));
    return { kind: 'bigquery#getQueryResultsResponse', ...this.#answer(job, page) };
  }

  #answer(
    job: JobResource,
    { start, maxResults, format }: { start: number; maxResults: number; format: (micros: string) => string },
  ): object {
    const { id, location } = job;
    const { state, error } = this.get(id, location);
    const jobReference = { projectId: this.#standIn.project, jobId: id, location };
    if (state !== 'DONE') return { jobComplete: false, jobReference };
    if (error) throw invalid(error.message);
    const result = this.#results.get(id);
    if (!result) throw notFound(`results of job ${id} (the stand-in keeps the last ${RESULTS_KEPT})`);
    const end = start + Math.min(maxResults, PAGE_ROWS);
    const isTimestamp = result.schema.fields.map(({ type }) => type === 'TIMESTAMP');
    const printed = (value: string | null, column: number) =>
      value !== null && isTimestamp[column] ? format(value) : value;
    const rows = result.rows.slice(start, end);
    return {
      jobComplete: true,
      jobReference,
      schema: result.schema,
      totalRows: String(result.rows.length),
      ...(rows.length > 0 && {
        rows: rows.map((row) => ({ f: row.map((v, column) => ({ v: printed(v, column) })) })),
      }),
      ...(end < result.rows.length && { pageToken: String(end) }),
      ...(result.numDmlAffectedRows !== null && { numDmlAffectedRows: result.numDmlAffectedRows }),
    };
  }

  async #create(
    reference: { jobId?: string; location?: string },
    configuration: Record<string, unknown>,
  ): Promise<JobResource> {
    const id = reference.jobId ?? randomUUID();
    const job: JobResource = {
      id,
      location: reference.location ?? 'US',
      configuration,
      state: 'PENDING',
      creationTime: Date.now(),
      statistics: {},
    };
    // Looked for and taken in one step: of two that insert one id at once, one is a duplicate.
    await this.#standIn.database.exclusively(() => {
      if (this.#standIn.resources.get('job', id)) throw duplicate(`Job ${this.#standIn.project}:${id}`);
      return this.#standIn.resources.put('job', id, job);
    });
    return job;
  }

  /** A job whose end is written in one transaction with its rows. */
  async #write(
    job: JobResource,
    run: (commit: (statistics: JobResource['statistics']) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const started: JobResource = { ...job, state: 'RUNNING', startTime: Date.now() };
    await this.#save(started);
    try {
      await run((statistics) =>
        this.#standIn.resources.put('job', job.id, {
          ...started,
          state: 'DONE',
          endTime: Date.now(),
          statistics: { ...statistics },
        }),
      );
    } catch (error) {
      await this.#fail(started, error);
    }
  }

  async #query(job: JobResource, query: QueryConfiguration): Promise<void> {
    const started: JobResource = { ...job, state: 'RUNNING', startTime: Date.now() };
    try {
      const result = await runQuery(this.#standIn, query.query, query.queryParameters ?? []);
      this.#results.set(job.id, result);
      for (const old of [...this.#results.keys()].slice(0, -RESULTS_KEPT)) this.#results.delete(old);
      await this.#save({
        ...started,
        state: 'DONE',
        endTime: Date.now(),
        statistics: { query: { numDmlAffectedRows: result.numDmlAffectedRows } },
      });
    } catch (error) {
      await this.#fail(started, error);
    }
  }

  async #fail(job: JobResource, error: unknown): Promise<void> {
    const reason = error instanceof ApiError ? error.reason : 'invalid';
    await this.#save({
      ...job,
      state: 'DONE',
      endTime: Date.now(),
      error: { reason, message: (error as Error).message },
    });
  }

  async #save(job: JobResource): Promise<void> {
    await this.#standIn.database.exclusively(() => this.#standIn.resources.put('job', job.id, job));
  }
}

/** Without a word BigQuery takes a query for legacy SQL. */
function checkDialect({ useLegacySql = true }: { useLegacySql?: boolean }): void {
  if (useLegacySql) throw unknown('legacy SQL, which a query is unless useLegacySql is false');
}
