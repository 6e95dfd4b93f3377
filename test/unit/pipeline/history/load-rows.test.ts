import { expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { failedRow } from '../../../../src/pipeline/history/load-rows.ts';
import { historyRowSchema } from '../../../../src/pipeline/objects/history-row.ts';
import { loadObject } from '../../../support/samples.ts';

it('a row of a load that began on a clock which is ahead is a row of history', () => {
  const row = failedRow({
    load: loadObject(),
    error: new LoadError('DATAPROC_DENIED', 'no'),
    attempts: 1,
    startedAt: '2026-01-02T03:04:00.500Z',
    jobs: null,
    now: new Date('2026-01-02T03:04:00.000Z'),
  });
  expect(historyRowSchema.parse(row)).toMatchObject({ duration_ms: 0 });
});
