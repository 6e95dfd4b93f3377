import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';

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

export interface ProcessSpec {
  name: string;
  version: string;
  address: string;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  logDir: string;
  /** True once the part answers. */
  isReady(): Promise<boolean>;
  stopSignal?: NodeJS.Signals;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 50;
const LOG_TAIL_LINES = 15;

/** Starts a process in the background, its output in `logDir/NAME.log`, and waits until it answers. */
export async function startProcess(spec: ProcessSpec): Promise<Component> {
  mkdirSync(spec.logDir, { recursive: true });
  const logFile = join(spec.logDir, `${spec.name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...spec.env },
    detached: true,
  });
  closeSync(log);
  let hasEnded = false;
  const died = new Promise<string>((resolve) => {
    const end = (why: string) => {
      hasEnded = true;
      resolve(`${spec.name} ${why}\n${logTail(logFile)}`);
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await spec.isReady())) {
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

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function logTail(file: string): string {
  return existsSync(file)
    ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
    : '';
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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

/** A free loopback port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Throws a `StackError` naming the port if something has it. */
export async function checkPortIsFree(name: string, port: number, variable: string): Promise<void> {
  if (!(await acceptsConnections(port))) return;
  throw new StackError(
    `Port ${port} for ${name} is taken.`,
    `Stop what has it, or choose another: ${variable}=NUMBER npm run stack`,
  );
}
