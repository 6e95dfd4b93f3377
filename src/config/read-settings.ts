import { z } from 'zod';
import { SETTINGS, type Setting, type SettingKey, type SettingValues } from './settings.ts';
import { shownGiven } from './shown-value.ts';

/**
 * Parses the variables; collects every problem instead of stopping at the first. No problem holds a
 * value that may be a secret.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): {
  values: SettingValues;
  problems: string[];
} {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, about] of Object.entries(SETTINGS) as [SettingKey, Setting][]) {
    const given = env[key] === '' ? undefined : env[key];
    const raw = given ?? about.default;
    if (raw === undefined) {
      if (!about.isOptional) problems.push(`${key} is missing. ${about.doc}`);
      continue;
    }
    const parsed = about.schema.safeParse(raw);
    if (parsed.success) values[key] = parsed.data;
    else
      problems.push(
        `${key}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}, ${shown(about, key, raw)}`,
      );
  }
  return { values: values as SettingValues, problems };
}

function shown({ isSecret, schema }: Setting, key: SettingKey, raw: string): string {
  if (isSecret) return 'got a value that is not shown';
  if (key === 'SCHEDULE_TIMEZONE') return shownGiven(raw, Intl.supportedValuesOf('timeZone'));
  return shownGiven(raw, schema instanceof z.ZodEnum ? schema.options.map(String) : []);
}
