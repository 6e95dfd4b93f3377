/**
 * Every question, each in the file that also reads its answer. Who is outside the room enters by
 * its door.
 */

export * from './bounds.ts';
export * from './column-grants.ts';
export * from './columns.ts';
export * from './dictionary.ts';
export * from './doctor.ts';
export * from './fingerprint.ts';
export * from './identity.ts';
export * from './keys.ts';
export * from './left-behind.ts';
export * from './locks.ts';
export * from './partitions.ts';
export * from './rows.ts';
export * from './schemas.ts';
export * from './server.ts';
export * from './tables.ts';
export * from './tablespaces.ts';
export * from './transactions.ts';
export * from './upgrade.ts';
export * from './warnings.ts';
export * from './whole-row.ts';
