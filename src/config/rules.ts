import { z } from 'zod';
import { type ColumnRules, ENGINE_WISHES, type RulePlace } from '../pipeline/mapping/index.ts';
import { durationSchema } from './duration.ts';
import { ruleProblems } from './rule-problem.ts';
import { bigquerySchema } from './rules/bigquery.ts';
import { columnsSchema, mergeColumns } from './rules/columns.ts';
import { policiesSchema } from './rules/policies.ts';
import { publishingKeys } from './rules/publishing.ts';
import { sizeSchema } from './size.ts';

/**
 * Rules that may stand at the source, at a schema, or at a table; the nearer one wins, key by key.
 */
export const tableRulesSchema = z
  .strictObject({
    engine: z
      .enum(ENGINE_WISHES)
      .describe(
        'How rows leave MySQL: dataproc, direct, or auto, by the size of the table (DIRECT_MAX_BYTES). Default: INGEST_ENGINE.',
      ),
    partitions: z
      .strictObject({
        count: z
          .int()
          .min(1)
          .max(64)
          .describe('Connections that read a large table at once, over its primary key.'),
        above: sizeSchema.describe('Size from which the table is read by that many; smaller ones by one.'),
      })
      .describe('Reading a large table by several connections, with Dataproc. Default: one.'),
    fingerprint: z
      .enum(['checksum', 'none'])
      .describe(
        'checksum: a table whose state is unknown is read once at the source and compared with what was loaded last, instead of loaded again. Default: none.',
      ),
    policies: policiesSchema,
    columns: columnsSchema,
    ...publishingKeys,
    bigquery: bigquerySchema,
  })
  .partial();

/** `adutora.yml`. Its JSON Schema is generated from this. */
export const rulesFileSchema = z
  .strictObject({
    include: z
      .array(z.string().min(1))
      .describe(
        'Patterns of schema.table (`*` any text, `?` one character); only what matches one is loaded. Default: everything.',
      ),
    exclude: z.array(z.string().min(1)).describe('Patterns of schema.table; what matches one is not loaded.'),
    maxStaleness: durationSchema.describe(
      'Age of the last load from which a table is loaded although unchanged. Default: 7d.',
    ),
    source: tableRulesSchema.describe('Rules for every table.'),
    schemas: z.record(z.string(), tableRulesSchema).describe('Rules by schema.'),
    tables: z.record(z.string(), tableRulesSchema).describe('Rules by schema.table.'),
  })
  .partial();
export type RulesFile = z.infer<typeof rulesFileSchema>;
/** The rules of one table, all levels put together. */
export type TableRulesConfig = Omit<z.infer<typeof tableRulesSchema>, 'columns' | 'policies'> & ColumnRules;

/** The problems of a parsed `adutora.yml`, each with its place, or the rules. */
export function readRules(parsed: unknown, fileName: string): { rules: RulesFile; problems: string[] } {
  const result = rulesFileSchema.safeParse(parsed ?? {});
  if (result.success) return { rules: result.data, problems: [] };
  const schema = z.toJSONSchema(rulesFileSchema, { io: 'input' }) as Parameters<typeof ruleProblems>[2];
  const problems = result.error.issues.flatMap((issue) => ruleProblems(issue, parsed, schema));
  return { rules: {}, problems: problems.map((problem) => `${fileName}: ${problem}`) };
}

/**
 * The rules of one table: table over schema over source, key by key; columns and policies each by
 * their own keys. Letter case counts only between two entries: whether it does on the server,
 * `checkRulesMatch` knows.
 */
export function rulesOf(
  rules: RulesFile,
  { schema, table }: { schema: string; table: string },
): TableRulesConfig {
  const own = entryOf(rules.tables, `${schema}.${table}`);
  const levels = [rules.source, entryOf(rules.schemas, schema), own];
  return {
    ...Object.assign({}, ...levels),
    policies: Object.assign({}, ...levels.map((level) => level?.policies)),
    bigquery: Object.assign({}, ...levels.map((level) => level?.bigquery)),
    guard: Object.assign({}, ...levels.map((level) => level?.guard)),
    columns: mergeColumns(levels.map((level) => level?.columns)),
    namedColumns: Object.keys(own?.columns ?? {}),
  };
}

function entryOf<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  if (!entries) return undefined;
  if (Object.hasOwn(entries, name)) return entries[name];
  const lower = name.toLowerCase();
  return Object.entries(entries).find(([key]) => key.toLowerCase() === lower)?.[1];
}

type Level = z.infer<typeof tableRulesSchema>;

/** Every level at which rules stand, each with its place in the file. */
export function ruleLevels({ source, schemas = {}, tables = {} }: RulesFile): [string, Level][] {
  return [
    ...(source ? [['source', source] as [string, Level]] : []),
    ...Object.entries(schemas).map(([name, level]): [string, Level] => [`schemas.${name}`, level]),
    ...Object.entries(tables).map(([name, level]): [string, Level] => [`tables.${name}`, level]),
  ];
}

/** Where `adutora.yml` has rules, so that verify can tell those that match nothing. */
export function rulePlaces(rules: RulesFile): RulePlace[] {
  const place = (
    where: string,
    scope: RulePlace['scope'],
    level: { columns?: object | undefined } | undefined,
  ) => ({ where, scope, columns: Object.keys(level?.columns ?? {}) });
  return [
    place('source', {}, rules.source),
    ...Object.entries(rules.schemas ?? {}).map(([schema, level]) =>
      place(`schemas.${schema}`, { schema }, level),
    ),
    ...Object.entries(rules.tables ?? {}).map(([name, level]) => place(`tables.${name}`, { name }, level)),
    ...(['include', 'exclude'] as const).flatMap((key) =>
      (rules[key] ?? []).map((pattern) => place(`${key}: ${pattern}`, { pattern }, undefined)),
    ),
  ];
}

/** Whether any rule masks by HMAC, so that a key is needed. */
export function masksByHmac(rules: RulesFile): boolean {
  return ruleLevels(rules).some(([, level]) =>
    Object.values(level.columns ?? {}).some(({ mask }) => mask?.kind === 'hmac'),
  );
}
