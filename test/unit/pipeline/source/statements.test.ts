import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  connectionQueries,
  doctorQueries,
  selectProbes,
  upgradeProbes,
} from '../../../../src/pipeline/doctor/index.ts';
import { MAPPED_TYPES, mapColumn } from '../../../../src/pipeline/mapping/index.ts';
import type { TableRef } from '../../../../src/pipeline/names/table-ref.ts';
import type { Capture, SourceQuery } from '../../../../src/pipeline/objects/capture.ts';
import type { MappedColumn } from '../../../../src/pipeline/objects/load.ts';
import type { Flavour } from '../../../../src/pipeline/objects/run.ts';
import type { SourceQueries } from '../../../../src/pipeline/ports/source-queries.ts';
import {
  askEach,
  bounds,
  captureQueries,
  countQuery,
  guard,
  hiddenColumns,
  identityQuery,
  leftBehind,
  leftBehindOfLoad,
  marked,
  ownIdentityQueries,
  partitionsQuery,
  pick,
  readerStatements,
  selectQuery,
  sessionStatements,
  takeChecksums,
} from '../../../../src/pipeline/source/index.ts';
import { sourceColumn } from '../../../support/samples.ts';

/**
 * Every statement that MySQL gets. A change of a byte is a change of what was measured on the
 * servers of docs/servers.md.
 */
const FIXTURE = join(import.meta.dirname, '../../../fixtures/statements.sql');

const PLAIN = { schema: 'academico', table: 'alunos' };
const ODD = { schema: "a`b'c", table: 'notas-ç#p#1' };
const ATTEMPT = { sourceId: 'main', loadId: 'run-load', attemptId: 'run-load-a1' };
const IDENTITIES = ['aurora:w-1', 'uuid:8f1c', 'uid:x=', "host:h'1/3306/1"];
const FLAVOURS: readonly Flavour[] = ['mysql', 'mariadb'];

type Lines = readonly (readonly [string, string | null])[];

const lines = (queries: readonly SourceQuery[]): Lines =>
  queries.map(({ name, sql, isOptional, delayMs }) => [
    `${name}${isOptional ? ', optional' : ''}${delayMs > 0 ? `, after ${delayMs} ms` : ''}`,
    sql,
  ]);

const session = (statements: readonly string[]): Lines => statements.map((sql, index) => [`${index}`, sql]);

/** What one call asks of the source. `guard` is answered, or nothing else would be asked. */
async function asked(call: (queries: SourceQueries) => Promise<unknown>): Promise<Lines> {
  const found: SourceQuery[] = [];
  await call({
    capture: async (request) => {
      expect(request.session).toEqual(sessionStatements());
      found.push(...request.queries);
      return { guard: { rows: [{ one: '1' }] } };
    },
    close: async () => undefined,
  });
  return lines(found);
}

/** One column of each type that has a mapping, and the spellings that make a difference. */
function columnsOf(flavour: Flavour): MappedColumn[] {
  const spelt = ['int unsigned zerofill', 'decimal(65,30)', 'decimal(65,0)', 'time(6)', 'bit(64)'];
  return [...MAPPED_TYPES, ...spelt].map((columnType, index) => {
    const [precision = null, scale = null] = (/\((.*)\)/.exec(columnType)?.[1] ?? '')
      .split(',')
      .map((digits) => (digits === '' ? null : Number(digits)));
    const dataType = /^\w+/.exec(columnType)?.[0] ?? '';
    const column = sourceColumn({ name: `c\`${index}`, dataType, columnType, precision, scale });
    const dateTimePrecision = columnType === 'time(6)' ? 6 : null;
    const sized = { ...column, dateTimePrecision, characterSet: index % 2 ? 'utf8mb4' : 'sjis' };
    return mapColumn({ column: sized, rule: {}, policies: {}, flavour });
  });
}

const columnGrants: Capture = {
  column_grants: {
    rows: [PLAIN, ODD].map(({ schema, table }) => ({ table_schema: schema, table_name: table })),
  },
};

function ofTable(table: TableRef, flavour: Flavour): Lines {
  const columns = columnsOf(flavour);
  return [
    ['select', selectQuery(table, columns, { fingerprintOf: null })],
    ['select with checksum', selectQuery(table, columns, { fingerprintOf: columns })],
  ];
}

async function everyStatement(): Promise<Record<string, Lines>> {
  const numbered = Array.from({ length: 12 }, () => PLAIN);
  const shown = [PLAIN, ODD].map((table) => ({ ...table, columns: [sourceColumn()] }));
  const partitioned = (['HOUR', 'DAY', 'MONTH', 'YEAR'] as const).map((granularity) => {
    const [column] = columnsOf('mysql');
    const partitioning = { column: column?.destinationName ?? '', granularity };
    return [
      `partitions by ${granularity}`,
      partitionsQuery(ODD, column ? [column] : [], partitioning),
    ] as const;
  });
  return {
    'session of a look': session(sessionStatements()),
    'session of who reads rows': session(readerStatements()),
    'capture of a schema': lines(captureQueries({ schemas: [PLAIN.schema] })),
    'capture of two schemas': lines(captureQueries({ schemas: [PLAIN.schema, ODD.schema] })),
    'capture of a table': lines(captureQueries({ table: PLAIN })),
    'capture of a table with an odd name': lines(captureQueries({ table: ODD })),
    'list of tables': lines(pick('tables', 'server', 'schemas')({ schemas: [PLAIN.schema] })),
    'identity for doctor --deep': lines(pick('server', 'boot', 'boot_mariadb')({ schemas: [] })),
    doctor: lines(doctorQueries([PLAIN.schema, ODD.schema])),
    'doctor, of who reads rows': lines(connectionQueries()),
    'doctor, a table each': lines([
      ...selectProbes([...numbered, ODD]),
      ...upgradeProbes([...numbered, ODD]),
    ]),
    'whole rows': await asked((queries) => hiddenColumns(columnGrants, shown, queries)),
    ...Object.fromEntries(
      await Promise.all(
        FLAVOURS.map(async (flavour, index) => {
          const tables = [PLAIN, ODD].map((table) => ({
            table,
            columns: columnsOf(flavour).slice(0, 4),
          }));
          const identity = IDENTITIES[index + 1] ?? '';
          return [
            `checksums, ${flavour}`,
            await asked((queries) => takeChecksums(tables, { queries, identity })),
          ] as const;
        }),
      ),
    ),
    'bounds of keys': askEach(
      bounds,
      [PLAIN, ODD].map((table) => ({ table, column: 'i`d' })),
    ).queries.map(({ name, sql }) => [name, sql]),
    'who the server is': IDENTITIES.flatMap((identity) => {
      const own = ownIdentityQueries(identity);
      return [
        ['guard', guard.sql(identity)],
        ['identity', identityQuery(identity)],
        ['own identity', own.identity],
        ['guard by own identity', own.guard],
      ] as const;
    }),
    count: [
      ['count', countQuery(PLAIN)],
      ['count', countQuery(ODD)],
    ],
    partitions: partitioned,
    ...Object.fromEntries(FLAVOURS.map((flavour) => [`rows, ${flavour}`, ofTable(ODD, flavour)])),
    'left behind': [
      ['left behind', leftBehind.sql(ATTEMPT)],
      ['left behind of load', leftBehindOfLoad.sql(ATTEMPT)],
      ['marked', marked(ATTEMPT, 'SELECT 1')],
      ['marked, a SHOW', marked(ATTEMPT, 'SHOW WARNINGS')],
    ],
  };
}

describe('statements for MySQL', () => {
  it('are those of the fixture, to the byte', async () => {
    const text = Object.entries(await everyStatement())
      .map(([title, all]) => [`-- == ${title}`, ...all.map(([name, sql]) => `-- ${name}\n${sql}`)].join('\n'))
      .join('\n\n');
    await expect(`${text}\n`).toMatchFileSnapshot(FIXTURE);
  });
});
