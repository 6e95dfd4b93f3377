import { describe, expect, it } from 'vitest';
import { judgeOutage } from '../../../../src/pipeline/doctor/machine.ts';
import { restMs, serviceOf } from '../../../../src/pipeline/errors/outages.ts';

describe('an outage', () => {
  it.each([
    ['DATAPROC_UNAVAILABLE', 'dataproc'],
    ['CLUSTER_STARTING', 'dataproc'],
    ['STAGE_UNAVAILABLE', 'gcs'],
    ['DESTINATION_UNAVAILABLE', 'bigquery'],
    ['SOURCE_UNREACHABLE', 'mysql'],
    // One job, one table, one right, one answer of a service that is there.
    ['REMOTE_FAILED', null],
    ['SOURCE_BUSY', null],
    ['DATAPROC_DENIED', null],
    ['PUBLISH_FAILED', null],
    ['UNEXPECTED', null],
  ] as const)('by %s is one of %s', (code, service) => {
    expect(serviceOf(code)).toBe(service);
  });

  it.each([
    [1, 60_000],
    [2, 120_000],
    [4, 480_000],
    [9, 600_000],
  ])('that is the %ith within an hour rests for %i ms', (openings, ms) => {
    expect(restMs(openings)).toBe(ms);
  });

  it('is told by doctor with what is away, since when and why', () => {
    const outage = { service: 'bigquery', since: '2026-01-02T03:04:05.000Z', why: 'X: 503' } as const;
    expect(judgeOutage(outage)).toMatchObject({
      check: 'loads.outage',
      status: 'fail',
      found: 'no load begins: BigQuery is away since 2026-01-02T03:04:05 (UTC): X: 503',
    });
    expect(judgeOutage(null)).toMatchObject({ status: 'ok' });
  });
});
