import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { QUEUE_NAMES } from '../../src/queues/queues.ts';
import { adutora } from './processes.ts';
import type { Sandbox } from './sandbox.ts';

/** Texts by the place in which they were found; the names of places are for people. */
export type Places = Map<string, string>;

/**
 * Every command line of the machine that was seen while `work` went on: others' eyes, such as `ps`.
 */
export async function watchingProcesses<T>(work: () => Promise<T>): Promise<{ result: T; lines: string }> {
  const seen = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
        seen.add(await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const result = await work().finally(() => {
    isOver = true;
  });
  await watching;
  return { result, lines: [...seen].join('\n').replaceAll('\0', ' ') };
}

/**
 * What an installation leaves and says where others may read it: the data of the stack (bucket,
 * Redis, jobs of the Dataproc stand-in with arguments and properties, event logs and driver output
 * of Spark, destination and history), the jobs of all queues as the board shows them, history by
 * SQL, and what the commands print.
 */
export async function placesOf(sandbox: Sandbox, dataDir: string): Promise<Places> {
  const places: Places = new Map();
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const name = relative(dataDir, file);
    // MySQL's own files hold the rows; its passwords are those of the test.
    if (!name.startsWith('mysql')) places.set(name, await readFile(file, 'latin1'));
  }
  for (const queue of QUEUE_NAMES) {
    const jobs = await sandbox.queues[queue].getJobs();
    const logs = await Promise.all(jobs.map(({ id = '' }) => sandbox.queues[queue].getJobLogs(id)));
    places.set(`queue ${queue}`, JSON.stringify([jobs, logs]));
  }
  const { HISTORY_DATASET: dataset, HISTORY_TABLE: table } = sandbox.config.settings;
  places.set(
    'history',
    JSON.stringify(await sandbox.adapters.query(`SELECT * FROM \`${dataset}.${table}\``)),
  );
  const commands = [['doctor'], ['plan', '--json'], ['runs']];
  await Promise.all(
    commands.map(async (words) => {
      const { stdout, stderr } = await adutora(words, sandbox.env);
      places.set(`adutora ${words.join(' ')}`, `${stdout}${stderr}`);
    }),
  );
  return places;
}

/** `place: text` for each text that a place holds. */
export function hitsIn(places: Places, canaries: readonly string[]): string[] {
  return [...places].flatMap(([place, content]) =>
    canaries
      .filter(
        (canary) =>
          content.includes(Buffer.from(canary, 'utf8').toString('latin1')) || content.includes(canary),
      )
      .map((canary) => `${place}: ${canary}`),
  );
}
