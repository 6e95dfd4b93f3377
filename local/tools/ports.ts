import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { acceptsConnections, StackError } from '../component.ts';

/**
 * The parts of the stack, in the order in which they are shown; they are stopped in the opposite
 * one.
 */
export const PARTS = ['redis', 'mysql', 'gcs', 'bigquery', 'dataproc'] as const;
export type Part = (typeof PARTS)[number];

export type Ports = Record<Part | 'board', number>;

/**
 * Each is changed by `STACK_PORT_NAME`. The board's is only a setting for Adutora: the stack opens
 * none there.
 */
const DEFAULT_PORTS: Ports = {
  redis: 6390,
  mysql: 3310,
  gcs: 4443,
  bigquery: 9050,
  dataproc: 9060,
  board: 3000,
};

const LARGEST_PORT = 65_535;
/** Below it are the ports of well-known services. */
const LOWEST_FREE_PORT = 10_000;
const TRIES = 3;

/**
 * The stack's ports: the defaults or what the environment names, or free ones. Throws a
 * `StackError` for one of `parts` that is taken (exit code 3) and for a variable that is no port
 * (2).
 */
export async function choosePorts(kind: 'default' | 'free', parts: readonly Part[] = PARTS): Promise<Ports> {
  const names = Object.keys(DEFAULT_PORTS) as (keyof Ports)[];
  const numbers = kind === 'free' ? await freePorts(names.length) : names.map(portFromEnvironment);
  const ports = Object.fromEntries(names.map((name, at) => [name, numbers[at]])) as Ports;
  for (const part of parts) await checkIsFree(part, ports[part]);
  return ports;
}

function portFromEnvironment(name: keyof Ports): number {
  const text = process.env[variableOf(name)];
  if (text === undefined || text === '') return DEFAULT_PORTS[name];
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= LARGEST_PORT) return port;
  throw new StackError(
    `${variableOf(name)} is ${text}.`,
    `It must be a port from 1 to ${LARGEST_PORT}; unset it for ${DEFAULT_PORTS[name]}.`,
    2,
  );
}

function variableOf(name: keyof Ports): string {
  return `STACK_PORT_${name.toUpperCase()}`;
}

async function checkIsFree(part: Part, port: number): Promise<void> {
  if (!(await acceptsConnections(port))) return;
  throw new StackError(
    `Port ${port} for ${part} is taken.`,
    `Stop what has it (ss -ltnp 'sport = :${port}' names it), or choose another: ${variableOf(part)}=NUMBER npm run stack`,
  );
}

/**
 * Calls `start` with free ports, and once more with others where somebody else has taken one before
 * it was used: a port cannot be held for another process.
 */
export async function onFreePorts<T>(
  start: (ports: Ports) => Promise<T>,
  choose = () => choosePorts('free'),
): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    const ports = await choose();
    try {
      return await start(ports);
    } catch (error) {
      if (left === 0 || !/EADDRINUSE|address already in use/i.test(String(error))) throw error;
    }
  }
}

/** All are held until the last is known, so that none is given twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(randomPort())));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(listen(randomPort())) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/**
 * One that the kernel gives to nobody by itself: a port of its own range may be some client's the
 * moment it is free, also while a server is restarted.
 */
function randomPort(): number {
  const [low = 0, high = 0] = ephemeralRange();
  if (low - LOWEST_FREE_PORT > 1_000) return randomInt(LOWEST_FREE_PORT, low);
  return high + 1_000 < LARGEST_PORT ? randomInt(high + 1, LARGEST_PORT) : 0;
}

/**
 * The first and the last port that the kernel gives to clients, and to servers that ask for any.
 */
export function ephemeralRange(): number[] {
  return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
}
