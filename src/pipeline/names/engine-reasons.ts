/**
 * Why a table is read by its engine: the closed list, with the sentence people read.
 */
export const ENGINE_REASONS = {
  setting: 'INGEST_ENGINE names it.',
  rule: 'adutora.yml names it for the table.',
  small: 'The engine is auto, and the table has not more than DIRECT_MAX_BYTES.',
  large: 'The engine is auto, and the table has more than DIRECT_MAX_BYTES.',
  size_unknown: 'The engine is auto, and the server does not tell the size of the table.',
} as const satisfies Record<string, string>;
