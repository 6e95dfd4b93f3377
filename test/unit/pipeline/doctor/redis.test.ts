import { describe, expect, it } from 'vitest';
import { judgeRedis } from '../../../../src/pipeline/doctor/machine.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const MIB = 1_048_576;
const SOUND = {
  version: '7.4.0',
  evictionPolicy: 'noeviction',
  isAppendOnly: true,
  lastSnapshot: null,
  isReplica: false,
  isLoading: false,
  isCluster: false,
  usedBytes: 10 * MIB,
  maxBytes: null,
  persistenceError: null,
};

describe('doctor looks at Redis', () => {
  it.each([
    ['an append-only file', {}, 'redis.persistence', 'ok'],
    [
      'snapshots only',
      { isAppendOnly: false, lastSnapshot: NOW.getTime() - 3_600_000 },
      'redis.persistence',
      'warn',
    ],
    ['nothing on disk', { isAppendOnly: false }, 'redis.persistence', 'warn'],
    ['a disk that is full', { persistenceError: 'aof_last_write_status' }, 'redis.persistence', 'fail'],
    ['no limit', {}, 'redis.memory', 'ok'],
    ['room', { maxBytes: 100 * MIB }, 'redis.memory', 'ok'],
    ['little room', { maxBytes: 12 * MIB }, 'redis.memory', 'warn'],
    ['no room', { maxBytes: 10 * MIB }, 'redis.memory', 'fail'],
    ['a primary', {}, 'redis.role', 'ok'],
    ['a replica', { isReplica: true }, 'redis.role', 'fail'],
  ])('with %s', (_, changes, check, status) => {
    const found = judgeRedis({ ...SOUND, ...changes }, NOW).filter((finding) => finding.check === check);
    expect(found).toMatchObject([{ status }]);
  });
});
