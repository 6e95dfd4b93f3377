import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT_CODES, STOP_SIGNALS } from '../src/terminal/signals.ts';

/** A failure of the local stack in one line, what to do next, and the exit code. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode = 3) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** A running part of the stack. */
export interface Component {
  name: string;
  version: string;
  address: string;
  pid: number;
  /** Settles when the process has ended by itself: the end of its log. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Where a part keeps its data and its log, and what every process of one stack has in its
 * environment.
 */
export interface Place {
  dataDir: string;
  logDir: string;
  env: Record<string, string>;
}

/** How to start a part. `stopSignal`: SIGTERM unless given. */
interface ProcessSpec {
  name: string;
  version: string;
  address: string;
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  logDir: string;
  /** True once the part answers. */
  isReady(): Promise<boolean>;
  stopSignal?: NodeJS.Signals;
}

/** Only for what hangs: a part that ends is noticed at once. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
/** A stranger on the port may accept and never say a word. */
const ANSWER_TIMEOUT_MS = 5_000;
const LOG_TAIL_LINES = 15;

/**
 * Starts a process in the background, its output in `logDir/NAME.log` (the one before in
 * `NAME.previous.log`), and waits until it answers, 300 s at most. It never outlives this process,
 * unless that is killed outright. Throws a `StackError` with the end of the log.
 */
export async function startProcess(spec: ProcessSpec): Promise<Component> {
  mkdirSync(spec.logDir, { recursive: true });
  const logFile = join(spec.logDir, `${spec.name}.log`);
  if (existsSync(logFile)) renameSync(logFile, join(spec.logDir, `${spec.name}.previous.log`));
  const log = openSync(logFile, 'a');
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...spec.env },
    detached: true,
  });
  closeSync(log);
  // A group of its own (detached) keeps Ctrl-C from it, so that the parts can be stopped in order.
  const endWithUs = () => child.kill(spec.stopSignal);
  const forget = endAtExit(endWithUs);
  let hasEnded = false;
  const died = new Promise<string>((resolve) => {
    const end = (why: string) => {
      hasEnded = true;
      forget();
      resolve(`${spec.name} ${why}\n${logTail(logFile)}`.trimEnd());
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  const isReady = () =>
    Promise.race([spec.isReady(), died.then(() => false), pause(ANSWER_TIMEOUT_MS, false, { ref: false })]);
  while (!(await isReady())) {
    if (hasEnded) throw new StackError(`${spec.name} did not start: ${await died}`, `See ${logFile}.`);
    if (Date.now() > deadline) {
      await stopProcess(child, spec.stopSignal);
      throw new StackError(
        `${spec.name} did not answer within ${START_TIMEOUT_MS / 1_000} s.\n${logTail(logFile)}`,
        `See ${logFile}.`,
      );
    }
    await pause(READY_POLL_MS);
  }
  return {
    name: spec.name,
    version: spec.version,
    address: spec.address,
    pid: child.pid ?? 0,
    died,
    stop: () => stopProcess(child, spec.stopSignal),
  };
}

/**
 * What is ended with this process; one listener for all of them, because a suite may have many
 * servers.
 */
const running = new Set<() => void>();
let isListening = false;

/**
 * Calls `end` when this process ends: of itself, or by a signal. Gives back what takes the wish
 * back.
 */
export function endAtExit(end: () => void): () => void {
  running.add(end);
  listenOnce();
  return () => void running.delete(end);
}

function listenOnce(): void {
  if (isListening) return;
  isListening = true;
  process.once('exit', () => {
    for (const one of running) one();
  });
  // A signal that nobody listens to would end this process without `exit`.
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(EXIT_CODES[signal]);
    });
}

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function logTail(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
  return text ? text.split('\n').slice(-LOG_TAIL_LINES).join('\n') : `It has written nothing to ${file}.`;
}

/** Whether something accepts connections on a loopback port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
