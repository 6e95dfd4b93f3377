import type { Question } from '../question.ts';

const LOCK_WAIT_TIMEOUT = '1205';

/** What the server says of the tables that it could not open for the question just asked. */
export interface OpeningWarning {
  message: string;
  isLock: boolean;
}

/** To be asked right after a question for which the server opens tables. */
export function warningsOf({ name }: { name: string }): Question<OpeningWarning[], unknown> {
  return {
    name: `${name}_warnings`,
    sql: () => 'SHOW WARNINGS',
    read: (rows) =>
      rows.map((row) => ({ message: row['Message'] ?? '', isLock: row['Code'] === LOCK_WAIT_TIMEOUT })),
  };
}
