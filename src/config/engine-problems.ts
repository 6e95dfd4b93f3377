import { type RulesFile, ruleLevels } from './rules.ts';
import type { SettingValues } from './settings.ts';

/**
 * Who reads rows in the worker must reach MySQL from there. Told before anything connects, of the
 * setting and of every rule.
 */
export function engineProblems(values: SettingValues, rules: RulesFile): string[] {
  if (values.VERIFY_RUNNER !== 'dataproc') return [];
  const why = 'with VERIFY_RUNNER=dataproc only the cluster reaches MySQL';
  const isSet = values.INGEST_ENGINE !== undefined && values.INGEST_ENGINE !== 'dataproc';
  return [
    ...(isSet ? [`INGEST_ENGINE: expected dataproc, got ${values.INGEST_ENGINE}: ${why}.`] : []),
    ...ruleLevels(rules).flatMap(([where, level]) =>
      level.engine === undefined || level.engine === 'dataproc'
        ? []
        : [`adutora.yml: ${where}.engine: expected dataproc, got ${level.engine}: ${why}.`],
    ),
  ];
}
