import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute, then those that mostly wait for Spark; by how their paths begin. */
const LONG = [
  'test/chaos/points',
  'test/integration/verify/mysql',
  'test/e2e/values',
  'test/e2e/pipeline',
  'test/chaos',
  'test/e2e',
  'test/integration/prove',
  'test/integration/verify',
  'test/contract/source-queries',
  'test/integration/local-stack',
];

/**
 * The order in which files run: the longest first, so that none is left alone with one worker
 * at the end. vitest itself knows how long a file takes only where it has run before.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const at = LONG.findIndex((start) => relative(project.config.root, moduleId).startsWith(start));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
