import { describe } from 'vitest';
import { findServer } from '../support/servers.ts';
import { describeValues } from '../support/values/server-values.ts';

/** The stack's own MySQL is tried in `test/e2e/values.test.ts`. */
for (const name of ['mysql-9.7', 'mariadb-10.11', 'mariadb-11.8'] as const) {
  const { label, isMissing } = await findServer(name);
  describe.skipIf(isMissing)(`${label}, through Spark`, () => describeValues(name));
}
