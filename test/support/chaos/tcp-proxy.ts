import { createConnection, createServer, type Socket } from 'node:net';

/**
 * What happens between two parts. `pass`: nothing; `slow`: every packet later by `ms`; `half-open`:
 * connections stay, and not a byte passes; `refuse`: everything is cut off, also what comes anew.
 */
export type LinkState =
  | { kind: 'pass' }
  | { kind: 'slow'; ms: number }
  | { kind: 'half-open' }
  | { kind: 'refuse' };

export interface TcpProxy {
  port: number;
  /**
   * From `half-open` no connection comes back to life: what was sent meanwhile is lost, so they are
   * reset.
   */
  set(state: LinkState): void;
  /** Cuts off every connection that there is. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * Stands on a loopback port before one on loopback, and does to the connections what it is told.
 */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let state: LinkState = { kind: 'pass' };
  const pairs = new Set<readonly [Socket, Socket]>();
  const carry = (from: Socket, to: Socket) => {
    let last = Promise.resolve();
    from.on('data', (bytes) => {
      if (state.kind === 'half-open') return;
      const delay = state.kind === 'slow' ? state.ms : 0;
      if (delay === 0) return void last.then(() => to.write(bytes));
      // In order, each as late as the link says.
      const due = new Promise<void>((resolve) => setTimeout(resolve, delay));
      last = last.then(() => due).then(() => void to.write(bytes));
    });
    from.on('end', () => state.kind !== 'half-open' && void last.then(() => to.end()));
  };
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    if (state.kind === 'refuse') return void inner.resetAndDestroy();
    const outer = createConnection({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [inner, outer] as const;
    pairs.add(pair);
    const cut = () => {
      // What is left of it is reset when the link comes back.
      if (state.kind === 'half-open') return;
      pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', cut);
    }
    carry(inner, outer);
    carry(outer, inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const reset = () => {
    for (const [inner, outer] of [...pairs]) {
      inner.resetAndDestroy();
      outer.resetAndDestroy();
    }
    pairs.clear();
  };
  return {
    port,
    reset,
    set: (next) => {
      const wasHalfOpen = state.kind === 'half-open';
      state = next;
      if (next.kind === 'refuse' || (wasHalfOpen && next.kind !== 'half-open')) reset();
    },
    close: async () => {
      state = { kind: 'pass' };
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
