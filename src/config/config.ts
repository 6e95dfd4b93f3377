import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { cronProblem } from '../cron/slots.ts';
import type { TablePattern } from '../pipeline/doctor/index.ts';
import { LoadError } from '../pipeline/errors/index.ts';
import type { RulePlace } from '../pipeline/mapping/index.ts';
import { plural, sha256Hex, type TableRef } from '../pipeline/names/index.ts';
import type { SecretRef, SourceAddress } from '../pipeline/objects/index.ts';
import { boardProblems } from './board.ts';
import { CRASH_AT, type CrashAt, readCrashAt } from './crash-at.ts';
import { engineProblems } from './engine-problems.ts';
import { type Environment, type EnvironmentOrigin, readEnvironment } from './environment.ts';
import { matchesPattern } from './pattern.ts';
import { readSettings } from './read-settings.ts';
import {
  masksByHmac,
  type RulesFile,
  readRules,
  ruleLevels,
  rulePlaces,
  rulesOf,
  type TableRulesConfig,
} from './rules.ts';
import { SETTINGS, type Setting, type SettingKey, type SettingValues } from './settings.ts';
import { cut, shownGiven, shownPath } from './shown-value.ts';
import { tlsOf, tlsProblems } from './tls.ts';
import { decodeUtf8, readSettingsFile } from './utf8.ts';

const DEFAULT_MAX_STALENESS_MS = 7 * 86_400_000;
/** Problems that are listed, and characters of each. */
const SCREEN = 50;
const MASK_KEYS = ['MASK_KEY', 'MASK_KEY_SECRET'] as const;
const LINE = 600;

/** Everything Adutora is told, checked and frozen. */
export interface Config {
  readonly origin: EnvironmentOrigin;
  readonly settings: Readonly<SettingValues>;
  /** How engines reach the source; holds where the password is, never the password. */
  readonly address: SourceAddress;
  /** Where the key of `mask: hmac` is, never the key; null where no rule masks so. */
  readonly maskKey: SecretRef | null;
  /** Where adutora.yml has rules. */
  readonly rulePlaces: readonly RulePlace[];
  readonly maxStalenessMs: number;
  /** What the process was told, without secrets, as text: for comparing processes. */
  readonly comparableSettings: Readonly<Record<string, string>>;
  /** The rule that keeps a table out (`exclude: …` or `include`), or null. */
  exclusionRule(table: TableRef): string | null;
  /** The patterns of `include` and `exclude`, each with its place. */
  readonly patterns: readonly TablePattern[];
  /** Where a test makes this process die; null everywhere else. */
  readonly crashAt: CrashAt | null;
  rulesFor(table: TableRef): TableRulesConfig;
}

/**
 * Reads `.env` and `adutora.yml` below `folder`. Throws one `CONFIG_INVALID` that lists every
 * problem, before anything connects. Default arguments, here and in `proxy.ts`, are the only use of
 * process.env in Adutora.
 */
export function loadConfig(
  processEnv: Record<string, string | undefined> = process.env,
  folder: string = process.cwd(),
): Config {
  const environment = readEnvironment(processEnv, folder);
  const { values, problems } = readSettings(environment.values);
  const { rules, problems: ruleProblems } = readRulesFile(folder);
  const { crashAt, problem: crashProblem } = readCrashAt(environment.values[CRASH_AT], standIns(values));
  const isReported: IsReported = (key) => problems.some((problem) => problem.startsWith(`${key}:`));
  const everything = [
    ...environment.problems,
    ...problems,
    ...ruleProblems,
    ...relationProblems(values, isReported),
    ...maskProblems(values, rules, isReported),
    ...engineProblems(values, rules),
    ...expirationProblems(rules),
    ...(crashProblem ? [crashProblem] : []),
  ];
  if (everything.length > 0) {
    throw new LoadError(
      'CONFIG_INVALID',
      `Configuration: ${plural(everything.length, 'problem')}\n${problemList(everything)}`,
      {
        context: { problems: everything },
        hint: hintFor(environment),
      },
    );
  }
  // Google's libraries would look for a metadata server, and wait for it, although the stand-ins
  // want no credentials.
  if (values.BIGQUERY_EMULATOR_HOST) process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  // BigQuery's client reads this variable by itself, wants another form, and prefers it to what it
  // is told.
  delete process.env['BIGQUERY_EMULATOR_HOST'];
  return Object.freeze({
    origin: environment.origin,
    settings: Object.freeze(values),
    address: sourceAddress(values),
    maskKey: maskKey(values, rules),
    rulePlaces: rulePlaces(rules),
    maxStalenessMs: rules.maxStaleness ?? DEFAULT_MAX_STALENESS_MS,
    comparableSettings: comparableSettings(values, rules),
    exclusionRule: exclusionRule(rules),
    patterns: patternsOf(rules),
    crashAt,
    rulesFor: (table: TableRef) => rulesOf(rules, table),
  });
}

const standIns = (values: SettingValues) => [
  values.BIGQUERY_EMULATOR_HOST,
  values.GCS_API_ENDPOINT,
  values.DATAPROC_API_ENDPOINT,
];

/** One a line, as many as a screen holds. */
function problemList(problems: readonly string[]): string {
  const more = problems.length - SCREEN;
  const lines = [
    ...problems.slice(0, SCREEN),
    ...(more > 0 ? [`and ${more.toLocaleString('en-US')} more`] : []),
  ];
  return lines.map((line) => `  - ${cut(line, LINE)}`).join('\n');
}

/**
 * A person who changes one setting of the running stack meets a list of everything else as missing.
 */
function hintFor({ insteadOfStack }: Environment): string {
  const hint = 'See .env.example and docs/configuration.md.';
  if (!insteadOfStack) return hint;
  return `The settings of the running local stack are not used because ${insteadOfStack} is set; to change one of them: ENV_FILE=.local/stack.env ${insteadOfStack}=… npm run COMMAND. ${hint}`;
}

/** Ports of the board and where stand-ins listen may differ between processes; nothing else may. */
const MAY_DIFFER = new Set(['Board', 'Stand-ins']);

function comparableSettings(values: SettingValues, rules: RulesFile): Record<string, string> {
  const told = (Object.entries(SETTINGS) as [SettingKey, Setting][])
    .filter(([, { isSecret, group }]) => !isSecret && !MAY_DIFFER.has(group))
    .flatMap(([key]) => (values[key] === undefined ? [] : [[key, String(values[key])]]));
  return { ...Object.fromEntries(told), 'adutora.yml': sha256Hex(JSON.stringify(rules)).slice(0, 12) };
}

function readRulesFile(folder: string): { rules: RulesFile; problems: string[] } {
  const file = join(folder, 'adutora.yml');
  if (!existsSync(file)) return { rules: {}, problems: [] };
  const { text, problems } = decodeUtf8(readSettingsFile(file), 'adutora.yml');
  if (problems.length > 0) return { rules: {}, problems };
  try {
    return readRules(parseYaml(text), 'adutora.yml');
  } catch (error) {
    return { rules: {}, problems: [`adutora.yml: ${yamlTrouble(error)}`] };
  }
}

/** The parser's words without the lines of the file that it adds below them. */
function yamlTrouble(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]?.replace(/:$/, '') ?? message;
}

/** A destination must not vanish before the load that staleness brings has renewed it. */
function expirationProblems(rules: RulesFile): string[] {
  const maxStalenessMs = rules.maxStaleness ?? DEFAULT_MAX_STALENESS_MS;
  return ruleLevels(rules)
    .filter(([, level]) => (level.bigquery?.expiration ?? Number.POSITIVE_INFINITY) <= maxStalenessMs)
    .map(
      ([where]) => `adutora.yml: ${where}.bigquery.expiration: expected more than maxStaleness (default 7d).`,
    );
}

/** Whether something is wrong with the setting already: it is not missing then. */
type IsReported = (key: SettingKey) => boolean;

/**
 * Problems between settings; each check is silent where a setting it needs was already reported.
 */
function relationProblems(values: SettingValues, isReported: IsReported): string[] {
  const checks: [boolean, string][] = [
    [
      !values.MYSQL_PASSWORD && !values.MYSQL_PASSWORD_SECRET && !isReported('MYSQL_PASSWORD_SECRET'),
      'MYSQL_PASSWORD_SECRET is missing (or MYSQL_PASSWORD, for the local stack).',
    ],
    [
      Boolean(values.MYSQL_PASSWORD && values.MYSQL_PASSWORD_SECRET),
      'MYSQL_PASSWORD and MYSQL_PASSWORD_SECRET are both set: keep one.',
    ],
    [
      Boolean(values.MYSQL_PASSWORD && !values.DATAPROC_API_ENDPOINT),
      'MYSQL_PASSWORD cannot be used with a real Dataproc cluster: put it into Secret Manager and name it in MYSQL_PASSWORD_SECRET.',
    ],
    [
      Boolean(values.MYSQL_DRIVER_JAR && !existsSync(values.MYSQL_DRIVER_JAR)),
      `MYSQL_DRIVER_JAR: there is no file at ${shownPath(values.MYSQL_DRIVER_JAR ?? '')}.`,
    ],
    [values.MYSQL_SCHEMAS?.length === 0, 'MYSQL_SCHEMAS names no schema.'],
  ];
  return [
    ...checks.filter(([isWrong]) => isWrong).map(([, message]) => message),
    ...tlsProblems(values),
    ...boardProblems(values, isReported),
    ...cronProblems(values),
  ];
}

function maskProblems(values: SettingValues, rules: RulesFile, isReported: IsReported): string[] {
  const checks: [boolean, string][] = [
    [
      masksByHmac(rules) && !values.MASK_KEY && !values.MASK_KEY_SECRET && !MASK_KEYS.some(isReported),
      'adutora.yml masks by hmac, and MASK_KEY_SECRET is missing (or MASK_KEY, for the local stack).',
    ],
    [
      Boolean(values.MASK_KEY && values.MASK_KEY_SECRET),
      'MASK_KEY and MASK_KEY_SECRET are both set: keep one.',
    ],
    [
      Boolean(values.MASK_KEY && !values.DATAPROC_API_ENDPOINT),
      'MASK_KEY cannot be used with a real Dataproc cluster: put it into Secret Manager and name it in MASK_KEY_SECRET.',
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, message]) => message);
}

function maskKey(values: SettingValues, rules: RulesFile): SecretRef | null {
  if (!masksByHmac(rules)) return null;
  return values.MASK_KEY_SECRET
    ? { kind: 'secret', name: values.MASK_KEY_SECRET }
    : { kind: 'env', name: 'MASK_KEY' };
}

function cronProblems({ SCHEDULE_CRON: cron, SCHEDULE_TIMEZONE: timeZone = 'UTC' }: SettingValues): string[] {
  const problem = cron && cronProblem({ cron, timeZone });
  return problem ? [`SCHEDULE_CRON: ${problem}, ${shownGiven(cron)}`] : [];
}

function sourceAddress(values: SettingValues): SourceAddress {
  const password = values.MYSQL_PASSWORD_SECRET
    ? ({ kind: 'secret', name: values.MYSQL_PASSWORD_SECRET } as const)
    : ({ kind: 'env', name: 'MYSQL_PASSWORD' } as const);
  return {
    host: values.MYSQL_HOST,
    port: values.MYSQL_PORT,
    user: values.MYSQL_USER,
    password,
    tls: tlsOf(values),
  };
}

function patternsOf(rules: RulesFile): TablePattern[] {
  const place = (key: 'include' | 'exclude') =>
    (rules[key] ?? []).map((pattern) => {
      const matches = matchesPattern(pattern);
      return {
        where: `${key}: ${pattern}`,
        matches: (table: TableRef) => matches(`${table.schema}.${table.table}`),
      };
    });
  return [...place('include'), ...place('exclude')];
}

function exclusionRule(rules: RulesFile): (table: TableRef) => string | null {
  const include = (rules.include ?? ['*']).map(matchesPattern);
  const exclude = (rules.exclude ?? []).map((pattern) => ({ pattern, matches: matchesPattern(pattern) }));
  return ({ schema, table }) => {
    const name = `${schema}.${table}`;
    const excluded = exclude.find(({ matches }) => matches(name));
    if (excluded) return `exclude: ${cut(excluded.pattern)}`;
    return include.some((matches) => matches(name))
      ? null
      : `include: ${cut((rules.include ?? []).join(', '))}`;
  };
}
