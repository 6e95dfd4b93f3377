import { type StdioOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../local/program.ts';
import { PYTHON, pythonEnv } from '../local/python/python.ts';
import { installAll } from '../local/stack/install-all.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import { onStopSignal, STOP_SIGNALS } from '../src/terminal/signals.ts';
import { findEngine } from './docker/docker.ts';

/**
 * Suites by name: vitest's projects, and pytest; `deep` and `docker` run only if they are named.
 */
const SUITES = ['unit', 'stack', 'spark', 'deep', 'docker'] as const;
const STANDARD: readonly Suite[] = ['unit', 'stack', 'spark'];
type Suite = (typeof SUITES)[number];

/** What the suites of one run share. */
interface Place {
  folder: string;
  javaHome: string;
}

/** Where a suite's output goes: to the terminal, or into `held`. */
interface Output {
  isHeld: boolean;
  held: Buffer[];
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * `npm test [-- SUITE …] [-t NAME]`, `npm run test:deep`, `npm run test:docker`: installs what is
 * missing, runs the suites, ends with `N passed, N failed`. Exit code 1 if a test failed or none
 * ran; 0 where the suite of Docker finds no engine, and says so.
 */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const wanted = SUITES.filter((suite) => args.includes(suite));
  const filters = args.filter((arg) => !SUITES.includes(arg as Suite));
  const suites = wanted.length > 0 ? wanted : STANDARD;
  // Docker's suite brings its own servers, inside the images.
  const javaHome = suites.some((suite) => suite !== 'docker') ? await install() : '';
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  let isStopped = false;
  onStopSignal(() => {
    isStopped = true;
  });
  // All that tests leave, processes and folders, goes with this folder, however they end.
  const place = { folder: makeTemporaryFolder('adutora-'), javaHome };
  let isExcused = false;
  for (const group of groupsOf(suites)) {
    if (group.includes('docker') && !(await tellEngine())) isExcused = true;
    else for (const counts of await runGroup(group, place, filters)) add(total, counts);
    if (isStopped) return 1;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  return total.failed > 0 || (total.passed === 0 && !isExcused) ? 1 : 0;
}

/** JAVA_HOME of what the suites need. */
async function install(): Promise<string> {
  return (await installAll((line) => process.stderr.write(`${line}\n`))).javaHome;
}

/** Whether a Docker engine answers; says which, or why there is none. */
async function tellEngine(): Promise<boolean> {
  const engine = await findEngine();
  const isThere = 'versions' in engine;
  process.stdout.write(isThere ? `docker: ${engine.versions}\n` : `docker: skipped, ${engine.problem}\n`);
  return isThere;
}

/**
 * Suites one after the other, but those without servers go beside those of the stack, which wait
 * for servers half of the time.
 */
function groupsOf(suites: readonly Suite[]): Suite[][] {
  const isBeside = (suite: Suite) => ['unit', 'spark'].includes(suite) && suites.includes('stack');
  return suites
    .filter((suite) => !isBeside(suite))
    .map((suite) => (suite === 'stack' ? [suite, ...suites.filter(isBeside)] : [suite]));
}

/** The first has the terminal; what the others say is held until it has ended. */
async function runGroup(
  group: readonly Suite[],
  place: Place,
  filters: readonly string[],
): Promise<Counts[]> {
  const runs = group.map((suite, index) => {
    const output: Output = { isHeld: index > 0, held: [] };
    return { output, outcome: runSuite(suite, { ...place, output }, filters) };
  });
  const all: Counts[] = [];
  for (const { output, outcome } of runs) {
    const { counts, line } = await outcome;
    for (const bytes of output.held) process.stdout.write(bytes);
    process.stdout.write(line);
    all.push(counts);
  }
  return all;
}

async function runSuite(
  suite: Suite,
  place: Place & { output: Output },
  filters: readonly string[],
): Promise<{ counts: Counts; line: string }> {
  const started = Date.now();
  const counts = await (suite === 'spark' ? runPytest(place, filters) : runVitest(suite, place, filters));
  const seconds = ((Date.now() - started) / 1_000).toFixed(0);
  return { counts, line: `${suite}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s\n` };
}

function add(total: Counts, counts: Counts): void {
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}

async function runVitest(
  suite: Suite,
  { folder, output }: Place & { output: Output },
  filters: readonly string[],
): Promise<Counts> {
  const report = join(folder, `${suite}.json`);
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...filters,
  ];
  const exitCode = await runHere(process.execPath, args, { env: { TMPDIR: folder }, output });
  const text = await readFile(report, 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(text);
  // A file that could not even be read has no failed test of its own.
  const isSilentFailure = exitCode !== 0 && numFailedTests === 0;
  return { passed: numPassedTests, failed: isSilentFailure ? 1 : numFailedTests, skipped: numPendingTests };
}

async function runPytest(
  { folder, javaHome, output }: Place & { output: Output },
  filters: readonly string[],
): Promise<Counts> {
  const report = join(folder, 'report.xml');
  const args = ['-m', 'pytest', `--junitxml=${report}`, ...filters.filter((arg) => arg === '-x')];
  const env = { ...pythonEnv(), JAVA_HOME: javaHome, TMPDIR: folder };
  const exitCode = await runHere(PYTHON, args, { env, output });
  const xml = await readFile(report, 'utf8').catch(() => '');
  const number = (name: string) => Number(new RegExp(`<testsuite [^>]*${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const skipped = number('skipped');
  return {
    passed: number('tests') - failed - skipped,
    failed: exitCode !== 0 && failed === 0 ? 1 : failed,
    skipped,
  };
}

function runHere(
  command: string,
  args: readonly string[],
  { env, output }: { env: Record<string, string>; output: Output },
): Promise<number> {
  return new Promise((resolve) => {
    const stdio: StdioOptions = output.isHeld ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { stdio, env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => output.held.push(bytes));
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    const end = (code: number) => {
      for (const signal of STOP_SIGNALS) process.off(signal, pass);
      resolve(code);
    };
    // Ctrl-C reaches it by itself, a signal to this process alone does not.
    for (const signal of STOP_SIGNALS) process.on(signal, pass);
    child.once('error', () => end(1));
    // What is held is whole once nobody writes any more.
    child.once(output.isHeld ? 'close' : 'exit', (code) => end(code ?? 1));
  });
}

runProgram(main);
