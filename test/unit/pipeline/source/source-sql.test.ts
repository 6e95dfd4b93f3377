import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureQueries } from '../../../../src/pipeline/source/captures.ts';
import { keyPredicates } from '../../../../src/pipeline/source/questions/bounds.ts';
import { fingerprint } from '../../../../src/pipeline/source/questions/fingerprint.ts';
import { guard } from '../../../../src/pipeline/source/questions/identity.ts';
import { countQuery, selectQuery } from '../../../../src/pipeline/source/questions/rows.ts';
import { sqlText } from '../../../../src/pipeline/source/scope.ts';
import { sessionStatements } from '../../../../src/pipeline/source/session.ts';
import { loadObject } from '../../../support/samples.ts';

describe('source SQL', () => {
  it('never asks INNODB_TABLES, which wipes UPDATE_TIMEs', () => {
    const text = JSON.stringify([
      captureQueries({ schemas: ['s'] }),
      captureQueries({ table: { schema: 's', table: 't' } }),
    ]);
    expect(text.toLowerCase()).not.toMatch(/innodb_tables(?![a-z_])/);
    expect(text.toLowerCase()).toContain('innodb_tablespaces_brief');
  });

  it('writes literals that no sql_mode reads differently', () => {
    expect(sqlText("O'Hara\\")).toBe("_utf8mb4 X'4f27486172615c'");
    expect(sqlText('')).toBe("''");
  });

  it('uses no function that MySQL 9.7 has only with a component', () => {
    const sql = fingerprint.sql({ table: { schema: 's', table: 't' }, columns: loadObject().columns });
    expect(sql).not.toMatch(/\b(MD5|SHA1?)\(/i);
    expect(sql).toContain(', 256), 30)');
  });

  it('asks every session for messages in English', () => {
    expect(sessionStatements()).toContain("SET SESSION lc_messages = 'en_US'");
  });

  it('quotes names with backticks in them', () => {
    expect(countQuery({ schema: 'a`b', table: 'c.d' })).toBe('SELECT COUNT(*) FROM `a``b`.`c.d`');
  });

  it('selects every column under a numbered alias and ends in the FROM clause', () => {
    const [column] = loadObject().columns;
    expect(selectQuery({ schema: 's', table: 't' }, [column!, column!], { fingerprintOf: null })).toBe(
      'SELECT CAST(`c` AS CHAR) AS c0, CAST(`c` AS CHAR) AS c1 FROM `s`.`t`',
    );
  });

  it('takes no checksum of a row with a value that cannot be quoted: CONCAT hands its NULL on', () => {
    const [column] = loadObject().columns;
    const sql = fingerprint.sql({ table: { schema: 's', table: 't' }, columns: [column!, column!] });
    expect(sql).toContain(
      "LEFT(SHA2(CONCAT(CONVERT(QUOTE(CAST(`c` AS CHAR)) USING utf8mb4), ',', CONVERT(QUOTE(",
    );
    expect(sql).not.toContain('CONCAT_WS');
  });

  it('guards by the identity the server has', () => {
    expect(guard.sql('uuid:abc')).toContain('@@server_uuid');
    expect(guard.sql('aurora:abc')).toContain('@@aurora_server_id');
    expect(guard.sql('host:h/3306/1')).toContain('@@hostname');
  });
});

describe('keyPredicates', () => {
  it('splits a range without gap or overlap', () => {
    expect(keyPredicates({ column: 'id', low: '1', high: '100' }, 4)).toEqual([
      '`id` < 26',
      '`id` >= 26 AND `id` < 51',
      '`id` >= 51 AND `id` < 76',
      '`id` >= 76',
    ]);
  });

  it.each([
    [null, null, 4],
    ['1', '1', 4],
    ['1', '100', 1],
  ])('has nothing to split from %s to %s by %i', (low, high, count) => {
    expect(keyPredicates({ column: 'id', low, high }, count)).toEqual([]);
  });

  it('puts every key into exactly one part, however large', () => {
    const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(big, big, big, fc.integer({ min: 2, max: 64 }), (one, other, key, count) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const parts = keyPredicates({ column: 'k', low: String(low), high: String(high) }, count);
        const holds = (predicate: string) =>
          predicate.split(' AND ').every((term) => {
            const [, operator, bound] = /^`k` (<|>=) (-?\d+)$/.exec(term) ?? [];
            return operator === '<' ? key < BigInt(bound ?? 0) : key >= BigInt(bound ?? 0);
          });
        expect(parts.length === 0 || parts.filter(holds).length === 1).toBe(true);
      }),
    );
  });
});
