import { describe, expect, it } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import { VERSION } from '../../../../src/pipeline/names/version.ts';

describe('version', () => {
  it("is the package's", () => {
    expect(VERSION).toBe(packageJson.version);
  });
});
