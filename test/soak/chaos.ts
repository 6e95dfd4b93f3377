import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installAll } from '../../local/stack/install-all.ts';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import { makeTemporaryFolder } from '../../local/temporary.ts';
import { onStopSignal } from '../../src/terminal/signals.ts';
import { openPlace } from '../support/chaos/place.ts';
import { chanceOf } from '../support/chaos/random.ts';
import { runStorm } from '../support/chaos/storm.ts';
import type { StormPlan } from '../support/chaos/storm-faults.ts';
import { reportText, type StormReport } from '../support/chaos/storm-report.ts';
import { anySeed, runSoak, toNumber } from '../support/run-soak.ts';

const HELP = `npm run soak -- [--kills N] [--pauses P] [--seed S] [--minutes M] [--json]

Kills and stops worker processes while they load tables that change, and asks an oracle that reads everything but the product's own
word: was anything lost, doubled, or published stale? On a stack of its own, whose Spark is a fast reader.

  --kills N      workers killed by kill -9, one in three of the new ones dies at a named point (100)
  --pauses P     workers stopped until others have their loads (a fifth of the kills)
  --redis N      kill -9 of Redis, which comes back from its append-only file (a twentieth of the kills)
  --network N    links to Redis and MySQL made slow, half-open, refused or reset (a tenth of the kills)
  --services N   calls of Cloud Storage, Dataproc and BigQuery that fail or lose their answer (a tenth of the kills)
  --seed S       repeats the same faults in the same order (random)
  --minutes M    ends the faults after that, however many are left
  --tables N     tables that change (12)
  --workers N    worker processes at a time (4)
  --json         the report as JSON

Exit code: 0 nothing lost, doubled or stale; 1 something was (each with its rule; the seed is printed); 2 usage; 3 the stack did not start;
130 interrupted.
`;

interface Wanted {
  plan: StormPlan;
  tables: number;
  isJson: boolean;
}

/** Null for `--help`. Throws a sentence for what cannot be understood. */
function readArguments(): Wanted | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ kills: text, pauses: text, redis: text, network: text, services: text },
      ...{ seed: text, minutes: text, tables: text, workers: text },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const number = (name: Exclude<keyof typeof values, 'json' | 'help'>, usual: number, least = 0) =>
    toNumber(`--${name}`, values[name] ?? String(usual), least);
  const kills = number('kills', 100);
  const share = (part: number) => Math.ceil(kills / part);
  const minutes = number('minutes', 0);
  const plan: StormPlan = {
    kills,
    pauses: number('pauses', share(5)),
    redisKills: number('redis', share(20)),
    networkFaults: number('network', share(10)),
    serviceFaults: number('services', share(10)),
    seed: number('seed', anySeed()),
    workers: number('workers', 4, 1),
    openRuns: 6,
    gapMs: 1_500,
    endsAtMs: minutes > 0 ? Date.now() + minutes * 60_000 : null,
  };
  return { plan, tables: number('tables', 12, 1), isJson: values.json };
}

async function soak({ plan, tables, isJson }: Wanted): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const dataDir = makeTemporaryFolder('adutora-soak-');
  say(`seed ${plan.seed}: starting a stack …`);
  const stack = await startStack({ installed: await installAll(say), dataDir, ports: 'free' });
  const stopped = new Promise<null>((resolve) => onStopSignal(() => resolve(null)));
  try {
    const told = await Promise.race([storm({ stack, dataDir, plan, tables, say }), stopped]);
    if (!told) return 1;
    process.stdout.write(isJson ? `${JSON.stringify(told)}\n` : `${reportText(told)}\n`);
    if (told.violations.length > 0) say(`Again: npm run soak -- --kills ${plan.kills} --seed ${plan.seed}`);
    return told.violations.length > 0 ? 1 : 0;
  } finally {
    await stack.stop();
  }
}

async function storm(input: {
  stack: Stack;
  dataDir: string;
  plan: StormPlan;
  tables: number;
  say(line: string): void;
}): Promise<StormReport> {
  const { stack, dataDir, plan, tables, say } = input;
  const folder = join(dataDir, 'place');
  mkdirSync(folder);
  const chance = chanceOf(plan.seed + 3);
  const place = await openPlace({
    ...{ stackEnv: stack.env, stackDir: dataDir, folder, tables },
    settings: { INGEST_CONCURRENCY: '8' },
    readingMs: () => chance.below(3_000),
  });
  try {
    const told = await runStorm(place, plan, say);
    // What a person looks at first where something is wrong.
    const errors = place.fleet.members.flatMap((member) => member.errors);
    if (told.violations.length > 0) for (const line of errors.slice(-20)) say(line);
    return told;
  } finally {
    await place.close();
  }
}

runSoak({ help: HELP, read: readArguments, soak });
