import type { Connection } from 'mysql2/promise';
import type { ServerAddress } from '../private-server.ts';
import type { ModelTable } from './model-events.ts';
import type { World } from './world.ts';

/** Where a sequence of events happens. */
export interface ModelReal {
  server: ServerAddress;
  schema: string;
  world: World;
  /** Autocommits. */
  admin: Connection;
  /** Hold transactions open. */
  sessions: Connection[];
  /** Null on a server that others use too. */
  restart: ((how: 'clean' | 'kill') => Promise<void>) | null;
  /** Opens the connections anew after a restart. */
  reconnect(): Promise<void>;
  counts: { commands: number; nights: number; loads: number; skips: number };
}

/** What a seed did. */
export type ModelCounts = ModelReal['counts'];

/** What is open where: just enough to choose steps that need not wait for a lock. */
export interface ModelState {
  /** Session → tables that its open transaction has touched. */
  touched: Map<number, Set<ModelTable>>;
  canRestart: boolean;
}
