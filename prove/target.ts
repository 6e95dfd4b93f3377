import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'dotenv';
import { STACK_ENV_FILE } from '../local/tools/paths.ts';
import type { MysqlAddress } from './tools/mysql.ts';

/** What is asked: a Google project, or the stand-ins of the local stack. */
export interface Target {
  /** Addresses of the stand-ins; null for Google. */
  standIns: { bigquery: string; storage: string; dataproc: string } | null;
  project: string;
  location: string;
  bucket: string;
  /** An existing dataset to work in; null: one of its own. */
  dataset: string | null;
  dataproc: { region: string; cluster: string } | null;
  mysql: MysqlAddress | null;
  /** Schema of the source in which one table may be made; null: nothing is written there. */
  scratchSchema: string | null;
  /** The local stack's admin, who makes a schema and a user of their own. */
  mysqlAdmin: MysqlAddress | null;
  policyTag: string | null;
  /** mysql-connector-j; null: fetched with Maven. */
  driverJar: string | null;
}

export interface Options {
  target: Target;
  isJson: boolean;
  isConfirmed: boolean;
  reportFile: string | null;
  /** Ids of the assertions to check; null: all. */
  only: readonly number[] | null;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: npm run prove [-- --report FILE] [--json]                                    (the running local stack)
       npm run prove -- --project P --location L --bucket B --yes [more]        (Google)

  --region R --cluster C   the Dataproc cluster; without it its assertions are left out
  --dataset D              an existing dataset to work in; without it one of its own is made and removed
  --mysql USER@HOST:PORT   the source, password in MYSQL_PASSWORD, authority in MYSQL_TLS_CA; without it its assertions are left out
  --mysql-scratch SCHEMA   a schema of the source in which one table may be made and dropped
  --policy-tag NAME        projects/P/locations/L/taxonomies/T/policyTags/N, to see what keeps it
  --only 1,5               these assertions only
  --report FILE            the report in Markdown; without it and --json it goes to standard output
  --json                   the report as JSON on standard output
  --yes                    create what is listed before the start, without asking

Exit: 0 nothing disproved · 1 something disproved · 2 usage · 3 not reachable · 130 interrupted, cleaned up
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  project: text,
  region: text,
  cluster: text,
  bucket: text,
  location: text,
  dataset: text,
  mysql: text,
  'mysql-scratch': text,
  'policy-tag': text,
  only: text,
  report: text,
  json: flag,
  yes: flag,
  help: flag,
};

type Values = Partial<Record<keyof typeof OPTIONS, string | boolean>>;

/** Reads the command line; null where only help was asked for. Throws `UsageError`. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | null {
  const values = parseCommandLine(args);
  if (values.help) return null;
  return {
    target:
      values.project === undefined
        ? localTarget(values, env['STACK_ENV_FILE'] ?? STACK_ENV_FILE)
        : googleTarget(values, env),
    isJson: values.json === true,
    isConfirmed: values.yes === true,
    reportFile: optional(values.report),
    only: readOnly(optional(values.only)),
  };
}

function parseCommandLine(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const optional = (value: string | boolean | undefined) => (typeof value === 'string' ? value : null);

function required(values: Values, name: keyof typeof OPTIONS): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError(`--${name} is missing.`);
}

function googleTarget(values: Values, env: Readonly<Record<string, string | undefined>>): Target {
  if ((values.region === undefined) !== (values.cluster === undefined))
    throw new UsageError('--region and --cluster go together.');
  const mysql = optional(values.mysql);
  if (values['mysql-scratch'] !== undefined && mysql === null)
    throw new UsageError('--mysql-scratch needs --mysql.');
  return {
    standIns: null,
    project: required(values, 'project'),
    location: required(values, 'location'),
    bucket: required(values, 'bucket'),
    dataset: optional(values.dataset),
    dataproc: values.cluster ? { region: String(values.region), cluster: String(values.cluster) } : null,
    mysql: mysql === null ? null : mysqlAddress(mysql, env),
    scratchSchema: optional(values['mysql-scratch']),
    mysqlAdmin: null,
    policyTag: optional(values['policy-tag']),
    driverJar: env['MYSQL_DRIVER_JAR'] ?? null,
  };
}

function mysqlAddress(given: string, env: Readonly<Record<string, string | undefined>>): MysqlAddress {
  const [, user, host, port] = /^([^@]+)@([^@]+?)(?::(\d+))?$/.exec(given) ?? [];
  // Somebody may have written the password with it.
  if (!user || !host) throw new UsageError('--mysql: expected USER@HOST:PORT.');
  const { MYSQL_PASSWORD: password, MYSQL_TLS_CA: caFile } = env;
  if (!password) throw new UsageError('--mysql needs the password in MYSQL_PASSWORD.');
  return { user, host, port: Number(port ?? 3306), password, caPem: caFile ? authority(caFile) : null };
}

function authority(file: string): string {
  if (!existsSync(file)) throw new UsageError('MYSQL_TLS_CA: there is no such file.');
  return readFileSync(file, 'utf8');
}

function readOnly(given: string | null): number[] | null {
  if (given === null) return null;
  const ids = given.split(',').map(Number);
  if (ids.every((id) => Number.isInteger(id) && id > 0)) return ids;
  throw new UsageError(`--only is ${given}; expected numbers such as 1,5.`);
}

function localTarget(values: Values, stackEnvFile: string): Target {
  const other = (Object.keys(values) as (keyof Values)[]).find(
    (name) => !['only', 'report', 'json', 'yes'].includes(name),
  );
  if (other) throw new UsageError(`--${other} needs --project.`);
  if (!existsSync(stackEnvFile))
    throw new UsageError('Give --project, or start the local stack first (npm run stack).');
  const settings = parse(readFileSync(stackEnvFile));
  const get = (key: string) => settings[key] ?? '';
  const at = { host: get('MYSQL_HOST'), port: Number(get('MYSQL_PORT')) };
  return {
    standIns: {
      bigquery: get('BIGQUERY_EMULATOR_HOST'),
      storage: get('GCS_API_ENDPOINT'),
      dataproc: get('DATAPROC_API_ENDPOINT'),
    },
    project: get('GOOGLE_CLOUD_PROJECT'),
    location: get('BIGQUERY_LOCATION'),
    bucket: get('GCS_BUCKET'),
    dataset: null,
    dataproc: { region: get('DATAPROC_REGION'), cluster: get('DATAPROC_CLUSTER') },
    mysql: { ...at, user: get('MYSQL_USER'), password: get('MYSQL_PASSWORD') },
    scratchSchema: null,
    mysqlAdmin: { ...at, user: get('STACK_MYSQL_ADMIN_USER'), password: get('STACK_MYSQL_ADMIN_PASSWORD') },
    policyTag: null,
    driverJar: settings['MYSQL_DRIVER_JAR'] ?? null,
  };
}
