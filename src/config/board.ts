import { isLoopback } from '../pipeline/names/index.ts';
import type { SettingKey, SettingValues } from './settings.ts';

type BoardValues = Partial<
  Pick<SettingValues, 'BOARD_HOST' | 'BOARD_NAMES' | 'BOARD_USER' | 'BOARD_PASSWORD'>
>;

/**
 * Whoever else than this machine reaches the board must log in. Silent where a setting is reported
 * already.
 */
export function boardProblems(
  { BOARD_HOST: host, BOARD_NAMES: names, BOARD_USER: user, BOARD_PASSWORD: password }: BoardValues,
  isReported: (key: SettingKey) => boolean,
): string[] {
  if (isReported('BOARD_USER') || isReported('BOARD_PASSWORD')) return [];
  if ((user === undefined) !== (password === undefined))
    return [
      `BOARD_USER and BOARD_PASSWORD belong together: set ${user === undefined ? 'BOARD_USER' : 'BOARD_PASSWORD'} too.`,
    ];
  if (user !== undefined) return [];
  const isForOthers = host !== undefined && !isLoopback(host);
  if (!isForOthers && !names?.length) return [];
  const why = isForOthers
    ? 'BOARD_HOST is no loopback address'
    : 'BOARD_NAMES is for a board that others reach';
  return [`${why}: set BOARD_USER and BOARD_PASSWORD too.`];
}
