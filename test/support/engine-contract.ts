import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectNames } from '../../src/pipeline/names/index.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import type { Engine, EngineAttempt } from '../../src/pipeline/ports/engine.ts';

export interface OpenedEngine {
  engine: Engine;
  bucket: Bucket;
  /** An attempt that will succeed, its spec in the bucket. */
  good(): Promise<EngineAttempt>;
  /** An attempt whose table is gone. */
  gone(): Promise<EngineAttempt>;
  close(): Promise<void>;
}

/** What every engine keeps. */
export function engineContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`an engine, ${name}`, () => {
    let opened: OpenedEngine;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());

    const reports: string[] = [];
    const watch = (signal = new AbortController().signal) => ({
      signal,
      report: async ({ message }: { message: string }) => void reports.push(message),
    });
    const manifestOf = ({ spec }: EngineAttempt) =>
      opened.bucket.exists(objectNames(spec.sourceId).manifest(spec.attemptId));

    it('brings an attempt to its manifest, once, however often it is asked', async () => {
      const { engine } = opened;
      const attempt = await opened.good();
      expect(await engine.probe(attempt)).toEqual({ state: 'nothing' });
      await engine.run(attempt, watch());
      expect(await manifestOf(attempt)).toBe(true);
      expect((await engine.probe(attempt)).state).toBe('ended');
      await engine.run(attempt, watch());
      expect(reports.filter((line) => line.includes('submitted')).length).toBeLessThanOrEqual(1);
    });

    it("throws the source's own error, and the attempt has ended without a manifest", async () => {
      const { engine } = opened;
      const attempt = await opened.gone();
      await expect(engine.run(attempt, watch())).rejects.toMatchObject({ code: 'SOURCE_TABLE_GONE' });
      expect((await engine.probe(attempt)).state).toBe('ended');
      expect(await manifestOf(attempt)).toBe(false);
    });

    it('cancels what has not begun without a word, and what has ended', async () => {
      const { engine } = opened;
      const attempt = await opened.good();
      await engine.cancel(attempt, watch());
      expect(await manifestOf(attempt)).toBe(false);
    });
  });
}
