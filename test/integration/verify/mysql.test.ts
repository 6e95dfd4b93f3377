import { describe } from 'vitest';
import { describeEventMatrix } from '../../support/verify/event-matrix.ts';
import { describeGrants } from '../../support/verify/grant-cases.ts';
import { describeLocks } from '../../support/verify/lock-cases.ts';
import { stackServer } from '../../support/verify/stack-server.ts';
import { describeTransactions } from '../../support/verify/transaction-cases.ts';

describe('verify on MySQL 8', () => {
  describeEventMatrix(stackServer);
  describeTransactions(stackServer);
  describeGrants(stackServer);
  describeLocks(stackServer);
});
