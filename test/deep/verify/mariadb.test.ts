import { afterAll, beforeAll, describe } from 'vitest';
import { type PrivateServer, startPrivateServer } from '../../support/private-server.ts';
import { describeDstNight } from '../../support/verify/dst-cases.ts';
import { describeEventMatrix } from '../../support/verify/event-matrix.ts';
import { describeGrants } from '../../support/verify/grant-cases.ts';
import { describeLocks } from '../../support/verify/lock-cases.ts';
import { describeNames } from '../../support/verify/name-cases.ts';
import { describeRestarts } from '../../support/verify/restart-cases.ts';
import { describeTransactions } from '../../support/verify/transaction-cases.ts';

describe('verify on MariaDB', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startPrivateServer('mariadb');
  });
  afterAll(() => server?.stop());
  describeEventMatrix(() => server);
  describeTransactions(() => server);
  describeNames(() => server);
  describeGrants(() => server);
  describeLocks(() => server);
  describeRestarts(() => server);
});

describeDstNight('mariadb');
