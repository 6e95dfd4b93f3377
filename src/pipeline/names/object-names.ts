import { grammar } from './grammar.ts';
import { attemptPrefix } from './runs-and-loads.ts';

/** Names of objects, behind the SOURCE_ID. Where two fit, the first is meant. */
const OBJECTS = {
  installation: grammar('installation.json'),
  pauses: grammar('paused.json'),
  acknowledged: grammar('acknowledged.json'),
  historyMerge: grammar('history.json'),
  request: grammar('runs/{runId}/request.json'),
  tables: grammar('runs/{runId}/tables.json'),
  summary: grammar('runs/{runId}/summary.json'),
  reshapedLoad: grammar('runs/{runId}/loads/{loadId}-a{attemptNumber#}.json'),
  cancelled: grammar('runs/{runId}/loads/{loadId}-cancelled.json'),
  load: grammar('runs/{runId}/loads/{loadId}.json'),
  end: grammar('runs/{runId}/ends/{loadId}.json'),
  state: grammar('tables/{tableKey}/state.json'),
  design: grammar('tables/{tableKey}/design.json'),
  spec: grammar('stage/{attemptId}/spec.json'),
  manifest: grammar('stage/{attemptId}/manifest.json'),
  publish: grammar('stage/{attemptId}/publish.json'),
  guard: grammar('stage/{attemptId}/guard.json'),
  accepted: grammar('stage/{attemptId}/accepted.json'),
  progress: grammar('stage/{attemptId}/progress.json'),
  attemptError: grammar('stage/{attemptId}/error.json'),
  dataObject: grammar('stage/{attemptId}/data/{file*}'),
  captureObject: grammar('captures/{capture}-a{tryNumber#}/{file}'),
  code: grammar('code/{sha256}/{file}'),
};
const FORMS = Object.entries(OBJECTS);
type Objects = typeof OBJECTS;
/** What the name of an object says. */
export type ObjectName = {
  [Is in keyof Objects]: { is: Is } & NonNullable<ReturnType<Objects[Is]['parse']>>;
}[keyof Objects];

const homeOf = (sourceId: string) => `${sourceId}/`;

/**
 * Object names of an installation (docs/crash-safety.md, "The bucket"). Raw table names never
 * appear in them.
 */
export function objectNames(sourceId: string) {
  const home = homeOf(sourceId);
  const run = (runId: string) => `${home}runs/${runId}/`;
  const stage = (attemptId: string) => `${home}stage/${attemptId}/`;
  return {
    /** Prefix of everything. */
    home,
    installation: home + OBJECTS.installation.make({}),
    /** What a person has paused. */
    pauses: home + OBJECTS.pauses.make({}),
    /** Tables gone from the listing that a person knows of. */
    acknowledged: home + OBJECTS.acknowledged.make({}),
    /** The MERGE into history that was started last. */
    historyMerge: home + OBJECTS.historyMerge.make({}),
    /** Prefix of all runs. */
    runs: `${home}runs/`,
    run,
    /** What was asked for, written before the run's job is added. */
    request: (runId: string) => home + OBJECTS.request.make({ runId }),
    tables: (runId: string) => home + OBJECTS.tables.make({ runId }),
    load: (runId: string, loadId: string) => home + OBJECTS.load.make({ runId, loadId }),
    /** Prefix of the shapes a load's table was seen in anew: `LOAD-aN.json`, before attempt n. */
    reshapedLoads: (runId: string, loadId: string) => `${run(runId)}loads/${loadId}-a`,
    reshapedLoad: (runId: string, loadId: string, attemptNumber: number) =>
      home + OBJECTS.reshapedLoad.make({ runId, loadId, attemptNumber }),
    /** There where a person has cancelled the load: up to which attempt. */
    cancelled: (runId: string, loadId: string) => home + OBJECTS.cancelled.make({ runId, loadId }),
    summary: (runId: string) => home + OBJECTS.summary.make({ runId }),
    /** Prefix of how the loads of a run have ended. */
    ends: (runId: string) => `${run(runId)}ends/`,
    end: (runId: string, loadId: string) => home + OBJECTS.end.make({ runId, loadId }),
    /** The fence of a table: tickets, and who may write to its destination. */
    state: (tableKey: string) => home + OBJECTS.state.make({ tableKey }),
    /** What we have set on the destination of a table. */
    design: (tableKey: string) => home + OBJECTS.design.make({ tableKey }),
    /** Prefix of all stages. */
    stages: `${home}stage/`,
    /** Prefix of the stages of a run. */
    stagesOfRun: (runId: string) => `${home}stage/${runId}-`,
    /** Prefix under which every attempt of a load lies; ends before the attempt's number. */
    attempts: (loadId: string) => `${home}stage/${attemptPrefix(loadId)}`,
    stage,
    spec: (attemptId: string) => home + OBJECTS.spec.make({ attemptId }),
    data: (attemptId: string) => `${stage(attemptId)}data/`,
    manifest: (attemptId: string) => home + OBJECTS.manifest.make({ attemptId }),
    /** What a publish of the attempt changes; written before it starts. */
    publish: (attemptId: string) => home + OBJECTS.publish.make({ attemptId }),
    /** There where the guard has stopped the attempt. */
    guard: (attemptId: string) => home + OBJECTS.guard.make({ attemptId }),
    /** There where a person wants it published all the same (attempt, time). */
    accepted: (attemptId: string) => home + OBJECTS.accepted.make({ attemptId }),
    /** What the reader of the attempt says of itself while it reads. */
    progress: (attemptId: string) => home + OBJECTS.progress.make({ attemptId }),
    attemptError: (attemptId: string) => home + OBJECTS.attemptError.make({ attemptId }),
    /**
     * Prefix under which every try of a capture by Dataproc job lies; ends before the try's number.
     */
    captures: (capture: string) => `${home}captures/${capture}-a`,
    /** Prefix of one try of a capture. */
    captureTry: (capture: string, tryNumber: number) => `${home}captures/${capture}-a${tryNumber}/`,
    /** Prefix of the doctor's look at the source. */
    doctor: (random: string) => `${home}doctor/${random}/`,
    /** The object by which the doctor finds out what it may write. */
    doctorFile: (random: string) => `${home}doctor/${random}`,
    code: (sha256: string, file: string) => home + OBJECTS.code.make({ sha256, file }),
  };
}

/** Which object it is, and of what; null for what is none of this installation's. */
export function parseObjectName(sourceId: string, name: string): ObjectName | null {
  const home = homeOf(sourceId);
  if (!name.startsWith(home)) return null;
  const rest = name.slice(home.length);
  for (const [is, form] of FORMS) {
    const found = form.parse(rest);
    if (found) return { is, ...found } as ObjectName;
  }
  return null;
}

/**
 * What lies under the prefix of a job that asks the source: the question, and one of the others
 * once it has ended.
 */
export const probeFiles = (folder: string) => ({
  probe: `${folder}probe.json`,
  result: `${folder}result.json`,
  error: `${folder}error.json`,
});

/** The address of an object, or of a prefix, as Spark and BigQuery take it. */
export function objectUri(bucket: string, name: string): string {
  return `gs://${bucket}/${name}`;
}
