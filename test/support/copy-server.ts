import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * A BigQuery of jobs alone: the first one ends in `backendError`, the others well; none is known
 * before it was inserted.
 */
export async function startCopyServer(): Promise<{
  address: string;
  /** Ids of the jobs, in order. */
  jobs(): string[];
  close(): Promise<void>;
}> {
  const jobs: string[] = [];
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    const isNew = request.method === 'POST';
    const id: string = isNew
      ? JSON.parse(await text(request)).jobReference.jobId
      : (path.split('/').at(-1) ?? '');
    if (isNew) jobs.push(id);
    const known = jobs.indexOf(id);
    const errorResult = known === 0 ? { reason: 'backendError', message: 'again' } : undefined;
    const body =
      known < 0
        ? { error: { code: 404, message: 'Not found: Job' } }
        : {
            jobReference: { jobId: id },
            configuration: { copy: {} },
            status: { state: 'DONE', errorResult },
            statistics: { endTime: '1767322980000' },
          };
    response.writeHead(known < 0 ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    jobs: () => [...jobs],
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
