/** What Google's client libraries read by themselves, in either case. */
const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** The variables of the environment that say by which proxy Google is reached. */
export function proxyVariables(
  env: Record<string, string | undefined> = process.env,
): Record<string, string | undefined> {
  const names = NAMES.flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}
