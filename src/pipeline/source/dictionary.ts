import type { Capture } from '../objects/index.ts';
import { answerOf } from './question.ts';
import { dictionary, dictionaryMariadb, partitions, tables } from './questions/index.ts';

/** InnoDB's dictionary cache, whose eviction forgets UPDATE_TIMEs. */
export interface Dictionary {
  /** Tables and partitions of the whole server, and those of the system. */
  wanted: number;
  /** `table_definition_cache`. */
  places: number;
  /** False where tables share a tablespace, and so cannot be counted without opening them. */
  isWhole: boolean;
}

/**
 * InnoDB's own tables in the `mysql` schema take places in the cache too, and have no tablespace
 * each.
 */
const SYSTEM_TABLES = 150;
/** Places beyond today's tables: room to grow. */
const SPARE_PLACES = 250;

/**
 * Tablespaces are shown whatever the privileges, so that tables of others count too. Only tables
 * that share one are hidden: those of a general tablespace, and those of the system's, where they
 * are made while innodb_file_per_table is off. Null where the server does not tell.
 */
export function readDictionary(capture: Capture, variables: ReadonlyMap<string, string>): Dictionary | null {
  const places = Number(variables.get('table_definition_cache') ?? 0);
  const onMysql = answerOf(capture, dictionary);
  const counted = onMysql ?? answerOf(capture, dictionaryMariadb);
  if (!counted || places === 0) return null;
  const parts = [...answerOf(capture, partitions).values()].reduce((sum, { length }) => sum + length, 0);
  const visible = answerOf(capture, tables).length + parts;
  const hasOneEach = ['on', '1'].includes((variables.get('innodb_file_per_table') ?? 'on').toLowerCase());
  const isWhole = onMysql === null || (counted.shared === 0 && hasOneEach);
  return { wanted: Math.max(counted.spaces, visible) + SYSTEM_TABLES, places, isWhole };
}

/** Whether nothing can have been evicted. */
export function holdsEverything(known: Dictionary | null): boolean {
  return known?.isWhole === true && known.wanted < known.places;
}

/** What would keep UPDATE_TIMEs from being forgotten. */
export function cacheAdvice({ wanted, places, isWhole }: Dictionary): string {
  if (isWhole || wanted >= places)
    return `table_definition_cache is ${places}, ${wanted + SPARE_PLACES} would hold every table.`;
  return 'tables share a tablespace (general, or innodb_file_per_table is off) and cannot be counted; give each its own: ALTER TABLE … TABLESPACE innodb_file_per_table.';
}
