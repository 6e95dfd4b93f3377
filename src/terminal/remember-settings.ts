import type { Config } from '../config/config.ts';
import { SETTINGS, type Setting, type SettingKey } from '../config/settings.ts';
import { rememberSecret } from './redact.ts';

/** The secrets of the settings. */
export function rememberSettings({ settings }: Config): void {
  const { REDIS_URL, ...others } = settings;
  const { password } = new URL(REDIS_URL);
  const secrets = (Object.entries(SETTINGS) as [SettingKey, Setting][])
    .filter(([key, { isSecret }]) => isSecret && key !== 'REDIS_URL')
    .map(([key]) => (others as Partial<Record<SettingKey, unknown>>)[key]);
  for (const secret of [...secrets, password, decodeURIComponent(password)])
    if (typeof secret === 'string') rememberSecret(secret);
}
