import { LoadError } from '../pipeline/errors/index.ts';

/**
 * Watches standard output. `settle` waits until everything is written and throws `OUTPUT_FAILED`
 * where it could not be; a reader that has seen enough (`| head`) is none of our business.
 */
export function watchOutput(stream: NodeJS.WriteStream): { settle(): Promise<void> } {
  let failure: NodeJS.ErrnoException | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  return {
    settle: async () => {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure) throw new LoadError('OUTPUT_FAILED', failure.message, { cause: failure });
    },
  };
}
