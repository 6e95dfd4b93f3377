import fc from 'fast-check';
import { pause } from '../wait.ts';
import { CHANGES, type Change, MODEL_TABLES, type ModelTable, WRITES, type Write } from './model-events.ts';
import type { ModelReal, ModelState } from './model-state.ts';

const SESSIONS = [0, 1];
const PAUSES_MS = [20, 300, 1_100, 2_300, 2_300];

type Command = fc.AsyncCommand<ModelState, ModelReal>;

const reach = (tables: readonly ModelTable[]) => new Set(tables.flatMap((table) => [...MODEL_TABLES[table]]));

function isFree(state: ModelState, tables: readonly ModelTable[], except?: number): boolean {
  const wanted = reach(tables);
  return [...state.touched].every(
    ([session, touched]) => session === except || wanted.isDisjointFrom(touched),
  );
}

function touch(state: ModelState, session: number, table: ModelTable): void {
  const touched = state.touched.get(session) ?? new Set<ModelTable>();
  state.touched.set(session, touched.union(reach([table])));
}

function command(
  label: string,
  check: (state: ModelState) => boolean,
  run: (state: ModelState, real: ModelReal) => Promise<void>,
): Command {
  return {
    check,
    run: async (state, real) => {
      real.counts.commands += 1;
      await run(state, real).catch((cause) => {
        throw new Error(`${label}: ${cause.message}`, { cause });
      });
    },
    toString: () => label,
  };
}

const write = ({ label, table, sql }: Write, seed: number): Command =>
  command(
    `${label} ${table} (${seed})`,
    (state) => isFree(state, [table]),
    async (_, { admin }) => void (await admin.query(sql(seed))),
  );

const change = ({ label, tables, sql }: Change): Command =>
  command(
    `${label} ${tables.join(' and ')}`,
    (state) => isFree(state, tables),
    async (_, { admin }) => void (await admin.query(sql)),
  );

/**
 * What MySQL says to a transaction whose snapshot is older than the table: the statement did
 * nothing, and the transaction goes on.
 */
const OLDER_THAN_TABLE = 'ER_TABLE_DEF_CHANGED';

/** Runs a statement in a session's transaction, begun if need be. */
async function runInside(
  { session, table, sql }: { session: number; table: ModelTable; sql: string },
  state: ModelState,
  { sessions }: ModelReal,
): Promise<void> {
  if (!state.touched.has(session)) await sessions[session]?.query('BEGIN');
  touch(state, session, table);
  await sessions[session]?.query(sql).catch((error: { code?: string }) => {
    if (error.code !== OLDER_THAN_TABLE) throw error;
  });
}

const begin = (session: number, { label, table, sql }: Write, seed: number): Command =>
  command(
    `session ${session}: begin or go on, ${label} ${table} (${seed})`,
    (state) => isFree(state, [table], session),
    (state, real) => runInside({ session, table, sql: sql(seed) }, state, real),
  );

const look = (session: number, table: ModelTable): Command =>
  command(
    `session ${session}: begin or go on, select from ${table}`,
    () => true,
    (state, real) => runInside({ session, table, sql: `SELECT COUNT(*) FROM ${table}` }, state, real),
  );

const end = (session: number, how: 'COMMIT' | 'ROLLBACK'): Command =>
  command(
    `session ${session}: ${how}`,
    (state) => state.touched.has(session),
    async (state, { sessions }) => {
      await sessions[session]?.query(how);
      state.touched.delete(session);
    },
  );

const wait = (ms: number): Command =>
  command(
    `wait ${ms} ms`,
    () => true,
    () => pause(ms),
  );

const restart = (how: 'clean' | 'kill'): Command =>
  command(
    `restart (${how})`,
    (state) => state.canRestart,
    async (state, real) => {
      await real.restart?.(how);
      await real.reconnect();
      state.touched.clear();
    },
  );

/** When in a night something is committed. */
const MOMENTS = ['betweenDecideAndLoad', 'beforeRows', 'afterRows'] as const;

/** One night; at one moment of it a session may commit what it has open, or somebody write. */
const night = (moment: (typeof MOMENTS)[number] | null, session: number | null, meanwhile: Write): Command =>
  command(
    `night${moment ? `, ${moment}: ${session === null ? `${meanwhile.label} ${meanwhile.table}` : `session ${session} commits`}` : ''}`,
    (state) => !moment || (session === null ? isFree(state, [meanwhile.table]) : state.touched.has(session)),
    async (state, real) => {
      const changed = new Set<ModelTable>();
      const act = async () => {
        if (session === null) {
          await real.admin.query(meanwhile.sql(7));
          for (const table of reach([meanwhile.table])) changed.add(table);
        } else {
          await real.sessions[session]?.query('COMMIT');
          for (const table of state.touched.get(session) ?? []) changed.add(table);
          state.touched.delete(session);
        }
      };
      let acting: Promise<void> | null = null;
      const once = () => {
        acting ??= act();
        return acting;
      };
      const decisions = await real.world.night(moment ? { [moment]: once } : {});
      checkNight(decisions, real);
      await checkSkipped(decisions, real, changed);
    },
  );

function checkNight(decisions: Record<string, string>, { world, counts }: ModelReal): void {
  const all = Object.values(decisions);
  counts.nights += 1;
  counts.skips += all.filter((decision) => decision.startsWith('skip')).length;
  counts.loads += all.filter((decision) => decision.startsWith('load')).length;
  if (world.failures.length > 0) throw new Error(world.failures.join('; '));
}

/** The heart of it: what is skipped is equal, but for what was written after the decision. */
async function checkSkipped(
  decisions: Record<string, string>,
  { world, schema }: ModelReal,
  changedMeanwhile: ReadonlySet<ModelTable>,
): Promise<void> {
  const skipped = Object.entries(decisions).filter(([, decision]) => decision.startsWith('skip'));
  const judged = skipped
    .map(([name]) => name)
    .filter((name) => !changedMeanwhile.has(name.slice(schema.length + 1) as ModelTable));
  const lies = await world.differences(judged);
  if (lies.length > 0) throw new Error(`skipped, and yet different: ${lies.join('; ')}`);
}

const aWrite = fc.constantFrom(...WRITES);
const aSession = fc.constantFrom(...SESSIONS);
const aNumber = fc.nat({ max: 99 });
const aTable = fc.constantFrom(...(Object.keys(MODEL_TABLES) as ModelTable[]));
const anEnd = fc.constantFrom('COMMIT' as const, 'COMMIT' as const, 'ROLLBACK' as const);
const aNight = fc
  .tuple(fc.option(fc.constantFrom(...MOMENTS), { freq: 1 }), fc.option(aSession), aWrite)
  .map(([moment, session, meanwhile]) => night(moment, session, meanwhile));

const aChangeOfRows = fc.tuple(aWrite, aNumber).map(([one, seed]) => write(one, seed));

/**
 * One step. The weights make about one night in four steps, and enough time before most of them for
 * stamps to settle.
 */
export const A_COMMAND: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: aNight },
  { weight: 6, arbitrary: fc.constantFrom(...PAUSES_MS).map(wait) },
  { weight: 4, arbitrary: aChangeOfRows },
  { weight: 3, arbitrary: fc.constantFrom(...CHANGES).map(change) },
  {
    weight: 2,
    arbitrary: fc.tuple(aSession, aWrite, aNumber).map(([session, one, seed]) => begin(session, one, seed)),
  },
  { weight: 1, arbitrary: fc.tuple(aSession, aTable).map(([session, table]) => look(session, table)) },
  { weight: 3, arbitrary: fc.tuple(aSession, anEnd).map(([session, how]) => end(session, how)) },
  { weight: 1, arbitrary: fc.constantFrom('clean' as const, 'kill' as const).map(restart) },
);
