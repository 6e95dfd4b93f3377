import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { Field, Job, LoadRequest, Table } from '../tools/bigquery.ts';
import { expectSame, expectTrue, Undecided } from '../verdict.ts';

const FIELDS: readonly Field[] = [
  { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'set by people' },
  { name: 'nome', type: 'STRING', mode: 'NULLABLE', description: 'set by people too' },
  { name: 'dia', type: 'DATE', mode: 'NULLABLE' },
];
const PLAIN_FIELDS = FIELDS.map(({ name, type, mode = '' }) => ({ name, type, mode }));
/** Everything that a person may set on a table, and a load should leave alone. */
const DECORATION = {
  schema: { fields: FIELDS },
  description: 'described by people',
  labels: { owner: 'people' },
  timePartitioning: { type: 'DAY', field: 'dia' },
  clustering: { fields: ['nome'] },
  tableConstraints: { primaryKey: { columns: ['id'] } },
};

interface Replaced {
  before: Table;
  after: Table;
  policies: unknown[];
}

async function fill(context: ProveContext, request: Omit<LoadRequest, 'uris' | 'fields'>): Promise<Job> {
  const uris = [await context.objects.put('1,"um",2026-01-01\n2,"dois",2026-01-02\n')];
  return context.bigquery.load({ ...request, uris, fields: PLAIN_FIELDS });
}

/**
 * A decorated table with a row access policy before anything was loaded, and after it was filled
 * twice with `disposition`.
 */
function replaced(context: ProveContext, disposition: LoadRequest['disposition']): Promise<Replaced> {
  return context.once(`replaced by ${disposition}`, async () => {
    const { bigquery } = context;
    const table = bigquery.newTable('decorated');
    await bigquery.createTable(table, DECORATION);
    await addPolicy(context, table);
    const before = await bigquery.getTable(table);
    await fill(context, { table, disposition });
    await fill(context, { table, disposition });
    return { before, after: await bigquery.getTable(table), policies: await policiesOf(context, table) };
  });
}

async function addPolicy(context: ProveContext, table: string): Promise<void> {
  const { bigquery, isLocal } = context;
  const [[user] = []] = isLocal ? [['someone@example.com']] : await bigquery.query('SELECT SESSION_USER()');
  const grantee = user?.endsWith('gserviceaccount.com') ? `serviceAccount:${user}` : `user:${user}`;
  await bigquery.rest({
    method: 'POST',
    uri: `/datasets/${bigquery.settings.dataset}/tables/${table}/rowAccessPolicies`,
    json: {
      rowAccessPolicyReference: { ...bigquery.reference(table), policyId: 'only_first' },
      filterPredicate: 'id = 1',
      grantees: [grantee],
    },
  });
}

async function policiesOf({ bigquery }: ProveContext, table: string): Promise<unknown[]> {
  const answer = await bigquery.rest<{ rowAccessPolicies?: unknown[] }>({
    method: 'GET',
    uri: `/datasets/${bigquery.settings.dataset}/tables/${table}/rowAccessPolicies`,
  });
  return answer.rowAccessPolicies ?? [];
}

const keeps = (part: keyof Table) => async (context: ProveContext) => {
  const { before, after } = await replaced(context, 'WRITE_TRUNCATE_DATA');
  expectTrue(before[part] !== undefined, `${part} was not there before`);
  if (part === 'schema')
    expectSame(before.schema.fields[0]?.description, 'set by people', 'description before');
  expectSame(after[part], before[part], part);
  return JSON.stringify(after[part]).slice(0, 100);
};

async function refusesAnotherSchema(context: ProveContext): Promise<string> {
  const { bigquery, objects } = context;
  const table = bigquery.newTable('refusing');
  const load = async (fields: readonly Field[]) =>
    bigquery.tryLoad({
      table,
      fields,
      uris: [await objects.put('1\n')],
      disposition: 'WRITE_TRUNCATE_DATA',
    });
  await load([{ name: 'n', type: 'INTEGER' }]);
  const { status } = await load([{ name: 'm', type: 'INTEGER' }]);
  expectTrue(status.errorResult !== undefined, 'the load with another column succeeded');
  const after = await bigquery.getTable(table);
  expectSame([after.schema.fields[0]?.name, after.numRows], ['n', '1'], 'column and rows afterwards');
  return `${status.errorResult?.reason}: ${status.errorResult?.message.split('\n')[0]}`;
}

async function keepsPolicyTags(context: ProveContext): Promise<string> {
  const { bigquery, objects, target } = context;
  if (!target.policyTag) throw new Undecided('no --policy-tag was given');
  const table = bigquery.newTable('tagged');
  const policyTags = { names: [target.policyTag] };
  await bigquery.createTable(table, { schema: { fields: [{ name: 'n', type: 'INTEGER', policyTags }] } });
  const fields = [{ name: 'n', type: 'INTEGER' }];
  await bigquery.load({
    table,
    fields,
    uris: [await objects.put('1\n')],
    disposition: 'WRITE_TRUNCATE_DATA',
  });
  const after = await bigquery.getTable(table);
  expectSame(after.schema.fields[0]?.policyTags, policyTags, 'policy tags');
  return target.policyTag;
}

const KEEPING: readonly Assertion[] = [
  { id: 8, title: 'WRITE_TRUNCATE_DATA keeps modes and column descriptions', check: keeps('schema') },
  { id: 9, title: 'WRITE_TRUNCATE_DATA keeps the description', check: keeps('description') },
  { id: 10, title: 'WRITE_TRUNCATE_DATA keeps the labels', check: keeps('labels') },
  { id: 11, title: 'WRITE_TRUNCATE_DATA keeps the partitioning', check: keeps('timePartitioning') },
  { id: 12, title: 'WRITE_TRUNCATE_DATA keeps the clustering', check: keeps('clustering') },
  { id: 13, title: 'WRITE_TRUNCATE_DATA keeps the primary key', check: keeps('tableConstraints') },
  {
    id: 14,
    title: 'WRITE_TRUNCATE_DATA keeps row access policies, and rowAccessPolicies.list shows them',
    unproven: [2, 15],
    check: async (context: ProveContext) => {
      const { policies } = await replaced(context, 'WRITE_TRUNCATE_DATA');
      expectSame(policies.length, 1, 'policies afterwards');
      return '1 policy';
    },
  },
  {
    id: 15,
    title: 'WRITE_TRUNCATE_DATA replaces the rows, and numRows counts those that a policy hides',
    check: async (context: ProveContext) => {
      const { after } = await replaced(context, 'WRITE_TRUNCATE_DATA');
      expectSame(after.numRows, '2', 'rows afterwards');
      return '2 rows';
    },
  },
  {
    id: 16,
    title: 'WRITE_TRUNCATE_DATA refuses another schema and keeps the rows',
    check: refusesAnotherSchema,
  },
].map((one) => ({ unproven: [2], needsGoogle: null, ...one }));

const REPLACING: readonly Assertion[] = [
  {
    id: 17,
    title:
      'WRITE_TRUNCATE without options keeps partitioning, clustering, labels and description of the table',
    check: async (context: ProveContext) => {
      const { before, after } = await replaced(context, 'WRITE_TRUNCATE');
      const kept = ({ timePartitioning, clustering, labels, description }: Table) => ({
        timePartitioning,
        clustering,
        labels,
        description,
      });
      expectSame(kept(after), kept(before), 'kept');
      return 'all four';
    },
  },
  {
    id: 18,
    title: 'WRITE_TRUNCATE drops column descriptions that its schema does not carry',
    check: async (context: ProveContext) => {
      const { after } = await replaced(context, 'WRITE_TRUNCATE');
      expectSame(after.schema.fields.filter(({ description }) => description).length, 0, 'described columns');
      return 'dropped';
    },
  },
  {
    id: 19,
    title: 'WRITE_TRUNCATE drops the primary key',
    check: async (context: ProveContext) => {
      const { after } = await replaced(context, 'WRITE_TRUNCATE');
      expectSame(after.tableConstraints ?? null, null, 'constraints');
      return 'dropped';
    },
  },
  {
    id: 20,
    title: 'WRITE_TRUNCATE drops row access policies',
    check: async (context: ProveContext) => {
      expectSame((await replaced(context, 'WRITE_TRUNCATE')).policies.length, 0, 'policies');
      return 'dropped';
    },
  },
].map((one) => ({ unproven: [2], needsGoogle: null, ...one }));

export const DISPOSITIONS: readonly Assertion[] = [
  ...KEEPING,
  ...REPLACING,
  {
    id: 21,
    title: 'WRITE_TRUNCATE_DATA keeps policy tags',
    unproven: [2],
    needsGoogle: 'policy tags need a taxonomy of Data Catalog',
    check: keepsPolicyTags,
  },
];
