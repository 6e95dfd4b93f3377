/** RUN as it is written: of a slot, or of a person. */
const RUN = /^(?:\d{8}T\d{6}Z|manual-\d{8}T\d{6}Z-[0-9a-f]{4})/;
const TIME = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/;
const LOAD = /^-[a-z0-9-]{1,26}-[0-9a-f]{12}/;

/** The time in a run's name; null where it is no run's. */
export function timeOfRun(runId: string): Date | null {
  const match = RUN.exec(runId)?.[0] === runId ? TIME.exec(runId) : null;
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Run and load that a name begins with, such as that of a Dataproc job without its SOURCE_ID; null where it does not. */
export function runAndLoadOf(name: string): { runId: string; loadId: string | null } | null {
  const runId = RUN.exec(name)?.[0];
  if (!runId) return null;
  const rest = LOAD.exec(name.slice(runId.length))?.[0];
  return { runId, loadId: rest ? runId + rest : null };
}
