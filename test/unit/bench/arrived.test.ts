import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readArrived } from '../../../bench/rivals/arrived.ts';

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'adutora-arrived-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const LINES = '1,10.50,"a ""b"", c"\n2,0.25,ação\n';
const COLUMNS = ['id', 'l_extendedprice', 'l_comment'];

describe('what has arrived', () => {
  it('is counted over all files, with a line of names or without', async () => {
    const named = `${COLUMNS.join(',')}\n${LINES}`;
    const two = folderOf({ 'a.csv': named, 'data/b.csv': named });
    const written = { format: 'csv', hasPrices: true } as const;
    expect(await readArrived(two, { ...written, columns: null })).toMatchObject({
      ...{ rows: 4, ids: '6', prices: '21.50' },
    });
    const bare = folderOf({ 'a.csv': LINES });
    expect(await readArrived(bare, { ...written, columns: COLUMNS })).toEqual({
      ...{ rows: 2, ids: '3', prices: '10.75', bytes: Buffer.byteLength(LINES) },
    });
  });

  it('is nothing of what a tool keeps for itself', async () => {
    const folder = folderOf({
      'a.csv': LINES,
      '.state/b.csv': LINES,
      '_dlt_loads/c.csv': LINES,
      'd.yaml': '',
    });
    const written = { format: 'csv', columns: COLUMNS, hasPrices: false } as const;
    expect(await readArrived(folder, written)).toMatchObject({ rows: 2, prices: null });
    await expect(readArrived(folderOf({ 'a.txt': LINES }), written)).rejects.toThrow('No csv file');
  });
});
