import { redact } from './redact.ts';
import { toTerminal } from './terminal-text.ts';

/**
 * From now on whatever this process writes to standard output and standard error, libraries
 * included, holds no known secret and no control or format character that came from elsewhere. The
 * one place that everything passes.
 */
export function guardOutput(
  streams: readonly Pick<NodeJS.WriteStream, 'write'>[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) {
    const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
    stream.write = ((chunk: unknown, ...rest: unknown[]) =>
      write(typeof chunk === 'string' ? toTerminal(redact(chunk)) : chunk, ...rest)) as typeof stream.write;
  }
}
