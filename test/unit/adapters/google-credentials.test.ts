import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { startCommand } from '../../support/processes.ts';

const at = (path: string) => JSON.stringify(join(ROOT, 'src', 'adapters', path));
/** Asks every gRPC client twice, lives on for a moment, and tells what it was told. */
const SCRIPT = `
  const { createSecrets } = await import(${at('secrets/secrets.ts')});
  const { createRemoteJobs } = await import(${at('dataproc/remote-jobs.ts')});
  const { inspectCluster } = await import(${at('dataproc/inspect.ts')});
  const cluster = { projectId: 'p', region: 'us-central1', cluster: 'c' };
  const secrets = createSecrets({ env: {} });
  const jobs = createRemoteJobs(cluster);
  const inspection = inspectCluster(cluster);
  const asked = [
    () => secrets.read({ kind: 'secret', name: 'projects/p/secrets/s/versions/1' }),
    () => jobs.get('j'),
    () => jobs.list({}),
    () => inspection.cluster(),
  ];
  const told = [];
  for (const ask of [...asked, ...asked]) told.push(await ask().then(() => 'answered', ({ code }) => code));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await jobs.close();
  await inspection.close();
  console.log(JSON.stringify(told));`;

const NONE = { GOOGLE_APPLICATION_CREDENTIALS: '' };
const MISSING = { GOOGLE_APPLICATION_CREDENTIALS: '/no/such/key.json' };
/** A home without gcloud's own file. */
const HOME = '/nonexistent';

describe.concurrent("without Google's credentials", () => {
  it.each([
    ['none at all', NONE],
    ['a key file that is not there', MISSING],
  ])('every gRPC client says so, and the process lives on: %s', async (_, env) => {
    const command = [process.execPath, '--input-type=module', '-e', SCRIPT];
    const { code, stdout, stderr } = await startCommand(command, { HOME, ...env }, ROOT).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(Array(8).fill('GOOGLE_CREDENTIALS'));
  });
});
