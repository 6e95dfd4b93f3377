import type { Assertion } from '../assertion.ts';
import { CSV } from './csv.ts';
import { DATAPROC } from './dataproc.ts';
import { DESIGN } from './design.ts';
import { DISPOSITIONS } from './dispositions.ts';
import { FENCE } from './fence.ts';
import { JOB_IDS } from './job-ids.ts';
import { LOADS } from './loads.ts';
import { MYSQL } from './mysql.ts';
import { STORAGE } from './storage.ts';
import { TABLES } from './tables.ts';

/** In the order in which they are checked, which is that of their numbers. */
export const ASSERTIONS: readonly Assertion[] = [
  ...JOB_IDS,
  ...DISPOSITIONS,
  ...LOADS,
  ...CSV,
  ...TABLES,
  ...STORAGE,
  ...DATAPROC,
  ...MYSQL,
  ...DESIGN,
  ...FENCE,
];
