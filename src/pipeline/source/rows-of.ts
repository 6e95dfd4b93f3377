import type { Capture, TextRow } from '../objects/index.ts';

/** The rows of a query of the capture; none where it was optional and refused. */
export function rowsOf(capture: Capture, name: string): TextRow[] {
  const answer = capture[name];
  return answer && 'rows' in answer ? answer.rows : [];
}
