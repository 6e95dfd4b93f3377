import { writeFileSync } from 'node:fs';
import { runProgram } from '../local/program.ts';
import { onStopSignal } from '../src/terminal/signals.ts';
import { ASSERTIONS } from './assertions/all.ts';
import { closeContext, newMark, openContext, plannedCreations, Unreachable } from './context.ts';
import { countsLine, makeReport, outcomeLine, type Report, toMarkdown } from './report.ts';
import { runAssertions } from './run.ts';
import { type Options, readOptions, USAGE, UsageError } from './target.ts';

/** A program that was told to stop ends with the signal's code instead. */
const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 };

/**
 * `npm run prove`: what Adutora relies on, asked of a Google project, or of the stand-ins. Returns
 * the exit code.
 */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === null) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const { target, only } = options;
  const unknown = only?.find((id) => !ASSERTIONS.some((assertion) => assertion.id === id));
  if (unknown) throw new UsageError(`--only names ${unknown}; there are 1 to ${ASSERTIONS.length}.`);
  const mark = newMark();
  say(`Will be created, and removed at the end:\n${lines(plannedCreations(target, mark))}`);
  if (!target.standIns && !options.isConfirmed)
    throw new UsageError('Nothing was created. Give --yes to go on.');
  prepareEnvironment(options);
  const interrupt = abortOnSignal();
  const report = await prove(options, mark, interrupt);
  publish(report, options);
  return interrupt.aborted || report.counts.failed > 0 ? EXIT.failed : EXIT.ok;
}

/** Aborted by the first Ctrl-C, so that everything is removed; a later one leaves at once. */
function abortOnSignal(): AbortSignal {
  const interrupt = new AbortController();
  onStopSignal((signal) => {
    say('Removing what was made; once more to leave it as it is …');
    interrupt.abort(new Error(`stopped by ${signal}`));
  });
  return interrupt.signal;
}

/**
 * Google's libraries would look for a metadata server, and BigQuery's reads a variable of ours by
 * itself.
 */
function prepareEnvironment({ target }: Options): void {
  if (target.standIns) process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  delete process.env['BIGQUERY_EMULATOR_HOST'];
  delete process.env['STORAGE_EMULATOR_HOST'];
}

async function prove({ target, only }: Options, mark: string, signal: AbortSignal): Promise<Report> {
  const startedAt = new Date();
  const context = await openContext(target, mark, signal);
  const asked = ASSERTIONS.filter(({ id }) => only === null || only.includes(id));
  let leftBehind: string[] = [];
  const outcomes = await runAssertions(asked, context, (outcome) => say(outcomeLine(outcome))).finally(
    async () => {
      leftBehind = await closeContext(context);
    },
  );
  return makeReport({ target, startedAt, outcomes, leftBehind });
}

function publish(report: Report, { isJson, reportFile }: Options): void {
  const markdown = toMarkdown(report);
  if (reportFile) writeFileSync(reportFile, markdown);
  if (isJson) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!reportFile) process.stdout.write(markdown);
  for (const problem of report.leftBehind) say(`Left behind: ${problem}`);
  say(`${countsLine(report)}${reportFile ? `; report: ${reportFile}` : ''}`);
}

const lines = (list: readonly string[]) => list.map((line) => `  - ${line}`).join('\n');

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function tellError(error: unknown): { code: number; text: string } {
  if (error instanceof UsageError) return { code: EXIT.usage, text: `${error.message}\n\n${USAGE}` };
  if (error instanceof Unreachable) return { code: EXIT.unreachable, text: error.message };
  return { code: EXIT.failed, text: (error as Error).stack ?? String(error) };
}

runProgram(main, tellError);
