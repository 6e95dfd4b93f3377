import { afterAll, beforeAll, describe } from 'vitest';
import { type PrivateServer, startPrivateServer } from '../../support/private-server.ts';
import { findServer } from '../../support/servers.ts';
import { describeEventMatrix } from '../../support/verify/event-matrix.ts';
import { describeNames } from '../../support/verify/name-cases.ts';
import { describeRestarts } from '../../support/verify/restart-cases.ts';
import { describeTransactions } from '../../support/verify/transaction-cases.ts';

/** The servers of Debian 13 and of Debian unstable; the older ones have files of their own. */
for (const name of ['mysql-9.7', 'mariadb-11.8'] as const) {
  const { label, isMissing } = await findServer(name);

  describe.skipIf(isMissing)(`verify on ${label}`, () => {
    let server: PrivateServer;
    beforeAll(async () => {
      server = await startPrivateServer(name);
    });
    afterAll(() => server?.stop());
    describeEventMatrix(() => server);
    describeTransactions(() => server);
    describeNames(() => server);
    describeRestarts(() => server);
  });
}
