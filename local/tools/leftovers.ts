import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Every process of a stack carries its data folder in this variable, and so does what it starts
 * (Spark).
 */
export const DATA_VARIABLE = 'ADUTORA_STACK_DATA';

const PATIENCE_MS = 10_000;
const POLL_MS = 50;

/**
 * Ends every process of the stack whose data lie in `dataDir`: Spark jobs that outlive the Dataproc
 * stand-in, and what a killed stack left. SIGTERM, then SIGKILL after 10 s. Returns how many there
 * were.
 */
export async function stopLeftovers(dataDir: string): Promise<number> {
  const found = findProcesses(dataDir);
  for (const pid of found) signal(pid, 'SIGTERM');
  const deadline = Date.now() + PATIENCE_MS;
  while (findProcesses(dataDir).length > 0) {
    if (Date.now() > deadline) for (const pid of findProcesses(dataDir)) signal(pid, 'SIGKILL');
    await pause(POLL_MS);
  }
  return found.length;
}

/**
 * Kills every process whose environment names a folder, or what lies in it, and returns at once.
 */
export function killProcesses(folder: string): void {
  for (const pid of processesWhere((value) => value.endsWith(`=${folder}`) || value.includes(`=${folder}/`)))
    signal(pid, 'SIGKILL');
}

function findProcesses(dataDir: string): number[] {
  const marker = `${DATA_VARIABLE}=${dataDir}`;
  return processesWhere((value) => value === marker);
}

function processesWhere(isWanted: (variable: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).some(isWanted));
}

/** Empty for processes of other users and for those that have just ended. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
