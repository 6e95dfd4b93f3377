import { attemptName, objectNames } from '../names.ts';
import type { LoadObject } from '../objects/load.ts';
import type { SourceAddress, Spec } from '../objects/spec.ts';

const TOKEN_LETTERS = 4;

/** The spec of one attempt, made of LOAD.json alone: a load asks nothing of MySQL before its engine starts. */
export function makeSpec(input: {
  load: LoadObject;
  attemptNumber: number;
  source: SourceAddress;
  engine: Spec['engine'];
  code: Spec['code'];
  bucket: string;
  now: Date;
  /** 0 ≤ x < 1, called once a letter of the null token. */
  random: () => number;
}): Spec {
  const { load, attemptNumber } = input;
  const attempt = attemptName(load.load, attemptNumber);
  return {
    version: 1,
    sourceId: load.sourceId,
    run: load.run,
    load: load.load,
    attempt,
    attemptNumber,
    createdAt: input.now.toISOString(),
    table: load.table,
    engine: input.engine,
    source: input.source,
    code: input.code,
    queries: load.queries,
    columns: load.columns.map(({ name, form, tag, mask }) => ({
      name,
      form,
      tag,
      mask: mask?.kind === 'hmac' ? 'hmac' : null,
    })),
    primaryKey: load.primaryKey,
    maskKey: load.maskKey,
    hasFingerprint: load.hasFingerprint,
    nullToken: `\\N${randomLetters(input.random)}`,
    compression: load.compression,
    predicates: load.predicates,
    maxRowsPerObject: load.maxRowsPerObject,
    isTransactional: load.storageEngine.toLowerCase() === 'innodb',
    settleSeconds: load.settleSeconds,
    signature: load.signature,
    stage: { bucket: input.bucket, prefix: objectNames(load.sourceId).stage(attempt) },
  };
}

function randomLetters(random: () => number): string {
  return Array.from({ length: TOKEN_LETTERS }, () =>
    String.fromCharCode(65 + Math.floor(random() * 26)),
  ).join('');
}
