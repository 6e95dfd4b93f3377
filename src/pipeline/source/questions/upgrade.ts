import type { TableRef } from '../../names/index.ts';
import type { Question } from '../question.ts';
import { fromName } from '../scope.ts';

/**
 * Whether a newer server says that a table has to be rebuilt, by how it was made; it reads no rows.
 */
export const upgradeCheck: Question<boolean, TableRef> = {
  name: 'versioned',
  isOptional: true,
  sql: (table) => `CHECK TABLE ${fromName(table)} FOR UPGRADE`,
  read: (rows) => rows.some((row) => /rebuild required/i.test(row['Msg_text'] ?? '')),
};
