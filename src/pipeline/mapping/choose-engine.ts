import type { EngineChoice } from '../objects/index.ts';

/** What settings and rules may say: an engine, or that the size of the table decides. */
export const ENGINE_WISHES = ['dataproc', 'direct', 'auto'] as const;
export type EngineWish = (typeof ENGINE_WISHES)[number];

/**
 * Which engine reads a table. The nearest rule wins over the setting. By `auto` a table of up to
 * `directMaxBytes` (data and indexes) goes by `direct`, and one whose size is not known by
 * `dataproc`.
 */
export function chooseEngine(
  { bytesEstimate }: { bytesEstimate: number | null },
  rule: EngineWish | undefined,
  { engine: setting, directMaxBytes }: { engine: EngineWish; directMaxBytes: number },
): EngineChoice {
  const wish = rule ?? setting;
  if (wish !== 'auto') return { engine: wish, engineReason: rule ? 'rule' : 'setting' };
  if (bytesEstimate === null) return { engine: 'dataproc', engineReason: 'size_unknown' };
  return bytesEstimate <= directMaxBytes
    ? { engine: 'direct', engineReason: 'small' }
    : { engine: 'dataproc', engineReason: 'large' };
}
