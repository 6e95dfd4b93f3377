import { readEnvFile } from '../../src/config/env-file.ts';
import { StackError } from '../component.ts';
import { jobSecrets } from './stack-env.ts';

const NEEDED = ['MYSQL_HOST', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_SCHEMAS'] as const;
const TAKEN = [...NEEDED, 'MYSQL_PORT', 'MYSQL_TLS', 'MYSQL_TLS_CA', 'SOURCE_ID'];
/** Not that of the sample: what the sample has published is not this database's. */
const SOURCE_ID = 'own';

/**
 * The settings of a database of one's own from a file like `.env`, and the key that stands in for
 * MASK_KEY_SECRET. Other settings of the file are left out: they are the stack's. Throws a
 * `StackError` (exit code 2) that names all that is missing.
 */
export function readOwnSource(file: string): Record<string, string> {
  const { values, problems } = read(file);
  if (problems.length > 0)
    throw new StackError(
      problems.map(({ problem }) => problem).join('\n'),
      `Correct ${file}, then start again.`,
      2,
    );
  const missing = NEEDED.filter((key) => !values[key]);
  if (missing.length > 0)
    throw new StackError(
      `${file} lacks ${missing.join(', ')}.`,
      `The local stack needs ${NEEDED.join(', ')} of your database: its stand-ins know no Secret Manager. See README, A first table of your own.`,
      2,
    );
  const { MASK_KEY } = jobSecrets({ reader: values['MYSQL_PASSWORD'] ?? '', admin: '' });
  const taken = TAKEN.flatMap((key) => (values[key] ? [[key, values[key]]] : []));
  return { SOURCE_ID, MASK_KEY, ...Object.fromEntries(taken) };
}

function read(file: string): ReturnType<typeof readEnvFile> {
  try {
    return readEnvFile(file);
  } catch (error) {
    throw new StackError(
      (error as Error).message,
      'Name a file with the settings of your database: npm run stack -- --source FILE',
      2,
    );
  }
}
