import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CRC32C } from '@google-cloud/storage';

/** What becomes of a call: its work is done, and then … */
export type BlockFault =
  /** … nobody hears of it. */
  | 'lost-reply'
  /** … only the first half of the block was taken. */
  | 'half'
  /** … none of it was, and it says 503. */
  | 503
  | 410;

/** Takes resumable uploads as Google's pages describe them, with faults for the next blocks. */
export interface BlockServer {
  address: string;
  /** Of the next blocks, one each; a `null` is none. */
  faults: (BlockFault | null)[];
  objects: Map<string, Buffer>;
  /** `content-range` of each block and question. */
  asked: string[];
  close(): Promise<void>;
}

export async function startBlockServer(): Promise<BlockServer> {
  const sessions: { name: string; bytes: Buffer }[] = [];
  const own: Omit<BlockServer, 'address' | 'close'> = { faults: [], objects: new Map(), asked: [] };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '', 'http://x');
      if (request.method === 'POST') {
        const name = url.searchParams.get('name') ?? '';
        if (own.objects.has(name)) return response.writeHead(412).end('{}');
        sessions.push({ name, bytes: Buffer.alloc(0) });
        const location = `http://${request.headers.host}/session?n=${sessions.length - 1}`;
        return response.writeHead(200, { location }).end();
      }
      const found = own.objects.get(url.pathname.split('/').at(-1) ?? '');
      if (request.method === 'GET' && found) return response.end(JSON.stringify(factsOf(found)));
      const session = sessions[Number(url.searchParams.get('n'))];
      if (!session) return response.writeHead(404).end();
      return takeBlock({ session, body, own }, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { ...own, address: `http://127.0.0.1:${port}`, close };
}

interface Taking {
  session: { name: string; bytes: Buffer };
  body: Buffer;
  own: Pick<BlockServer, 'faults' | 'objects' | 'asked'>;
}

function takeBlock({ session, body, own }: Taking, request: IncomingMessage, response: ServerResponse) {
  const range = request.headers['content-range'] ?? '';
  own.asked.push(range);
  const [, from = '*', total = '*'] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(range) ?? [];
  const fault = range === 'bytes */*' ? null : (own.faults.shift() ?? null);
  if (typeof fault === 'number') return response.writeHead(fault).end('{}');
  if (from !== '*' && from !== undefined) {
    if (Number(from) !== session.bytes.length) return response.writeHead(400).end('a gap');
    const part = fault === 'half' ? body.subarray(0, body.length / 2) : body;
    session.bytes = Buffer.concat([session.bytes, part]);
  }
  if (session.bytes.length === Number(total)) own.objects.set(session.name, session.bytes);
  if (fault === 'lost-reply') return request.socket.destroy();
  const whole = own.objects.get(session.name);
  if (whole) return response.writeHead(200).end(JSON.stringify(factsOf(whole)));
  const { length } = session.bytes;
  return response.writeHead(308, length > 0 ? { range: `bytes=0-${length - 1}` } : {}).end();
}

function factsOf(bytes: Buffer) {
  const crc = new CRC32C();
  crc.update(bytes);
  return { size: String(bytes.length), crc32c: crc.toString(), generation: '1' };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
