import type { Logger } from 'pino';
import {
  type LoadError,
  restMs,
  SERVICE_NAMES,
  type Service,
  serviceOf,
  TABLES_IN_A_ROW,
  toLoadError,
} from '../pipeline/errors/index.ts';
import { type TableRef, tableKey } from '../pipeline/names/index.ts';
import type { Queues } from '../queues/queues.ts';
import { unfinishedRuns } from '../queues/unfinished-runs.ts';
import { OUTAGE_KEPT_MS, type Outages } from '../redis/outages.ts';
import { lookEvery } from './look-every.ts';

const LOOK_MS = 5_000;

/** Asks a service for something small; throws where it does not answer. */
export type Probe = () => Promise<unknown>;

export interface CircuitContext {
  queues: Queues;
  outages: Outages;
  /** Null where this process does not reach the service. */
  probes: Readonly<Record<Service, Probe | null>>;
  now(): Date;
  log: Logger;
}

/**
 * Holds all loads back while a service is away, in every process, so that they do not fail one by
 * one. It goes by two signs: a load has failed by the service and a probe of it fails too; or three
 * tables in a row have, though the probe is answered.
 */
export interface Circuit {
  /** A load has failed. True while a service is away: then the failure is to use up nothing. */
  failed(failure: { error: LoadError; table: TableRef }): Promise<boolean>;
  /** A load has succeeded: whoever failed before is a table by itself. */
  succeeded(): Promise<void>;
  /** Looks whether the outage is over, and keeps it up until then. */
  look(): Promise<void>;
}

export function createCircuit(context: CircuitContext): Circuit {
  const { queues, outages, now, log } = context;
  const isAway = prober(context);

  const open = async (service: Service, error: LoadError, isProbed: boolean) => {
    const at = now();
    const rest = isProbed ? 0 : restMs((await outages.openings(service)) + 1);
    const notBeforeMs = at.getTime() + rest;
    const why = `${error.code}: ${error.message}`;
    const isFirst = await outages.begin({ service, since: at.toISOString(), why, notBeforeMs });
    await queues.ingest.rateLimit(OUTAGE_KEPT_MS);
    if (!isFirst) return;
    // Loads that fail in the same moment are one outage.
    if (!isProbed) await outages.countOpening(service);
    log.error(
      { service, code: error.code },
      `${SERVICE_NAMES[service]} is away: no load begins until it is back`,
    );
    await tellRuns(queues, `no load begins: ${SERVICE_NAMES[service]} is away (${why})`);
  };

  return {
    failed: async ({ error, table }) => {
      const service = serviceOf(error.code);
      if (!service) return false;
      if (await outages.current()) return true;
      const isProbed = await isAway(service);
      const tables = await outages.suspect(service, tableKey(table));
      if (!isProbed && tables < TABLES_IN_A_ROW) return false;
      await open(service, error, isProbed);
      return true;
    },
    succeeded: () => outages.forgetSuspects(),
    look: async () => {
      const outage = await outages.current();
      if (!outage || !(await outages.takeProbe())) return;
      try {
        if (now().getTime() < outage.notBeforeMs || (await isAway(outage.service))) {
          await outages.keep();
          await queues.ingest.rateLimit(OUTAGE_KEPT_MS);
          return;
        }
        await outages.end();
        await queues.ingest.removeRateLimitKey();
        const seconds = Math.round((now().getTime() - Date.parse(outage.since)) / 1_000);
        log.info(
          { service: outage.service, seconds },
          `${SERVICE_NAMES[outage.service]} is back: loads go on`,
        );
        await tellRuns(queues, `${SERVICE_NAMES[outage.service]} is back: loads go on`);
      } finally {
        await outages.leaveProbe();
      }
    },
  };
}

/** Looks every few seconds, until stopped. */
export function keepCircuit(circuit: Circuit, log: Logger): { stop(): void } {
  return lookEvery(LOOK_MS, circuit.look, (error) =>
    log.debug({ err: error.message }, 'the outage was not looked at'),
  );
}

/**
 * Loads that fail in the same moment ask once. A service that refuses what it is asked is there.
 */
function prober({ probes }: CircuitContext): (service: Service) => Promise<boolean> {
  const underWay = new Map<Service, Promise<boolean>>();
  return (service) => {
    const known = underWay.get(service);
    if (known) return known;
    const asked = (async () => {
      try {
        await probes[service]?.();
        return false;
      } catch (thrown) {
        return toLoadError(thrown).isTransient;
      } finally {
        underWay.delete(service);
      }
    })();
    underWay.set(service, asked);
    return asked;
  };
}

/** What the board and `runs` show of every run whose loads are under way. */
async function tellRuns(queues: Queues, message: string): Promise<void> {
  const waiting = (await unfinishedRuns(queues)).filter(({ status }) => status === 'running');
  await Promise.all(
    waiting.map(async ({ runId }) => {
      const job = await queues.controller.getJob(runId);
      await job?.updateProgress({ step: 'loads', message });
      await job?.log(message);
    }),
  );
}
