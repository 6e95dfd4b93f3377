import type { Capture, SourceQuery, TextRow } from '../objects/index.ts';

/**
 * One question to MySQL, with the reader of its answer: what an alias is called, and what its text
 * means, stand in one file. `About` is what the statement is made of.
 */
export interface Question<Answer, About> {
  /** Key of the answer in a capture; letters and underscores only. */
  name: string;
  /** The server may refuse it: then there are no rows. */
  isOptional?: boolean;
  /** Pause before it is asked. */
  delayMs?: number;
  sql(about: About): string;
  read(rows: readonly TextRow[]): Answer;
}

/** The question as it is sent. */
export function toQuery<About>(
  { name, isOptional = false, delayMs = 0, sql }: Omit<Question<unknown, About>, 'read'>,
  about: About,
): SourceQuery {
  return { name, sql: sql(about), isOptional, delayMs };
}

/** What a capture answers; as of no rows where the question was refused, or not asked. */
export function answerOf<Answer>(
  capture: Capture,
  { name, read }: Pick<Question<Answer, never>, 'name' | 'read'>,
): Answer {
  return read(rowsOf(capture, name));
}

/** Error number of the server that refused a question; null where it did not, or was not asked. */
export function errnoOf(capture: Capture, { name }: { name: string }): number | null {
  const answer = capture[name];
  return answer && 'errno' in answer ? answer.errno : null;
}

function rowsOf(capture: Capture, name: string): readonly TextRow[] {
  const answer = capture[name];
  return answer && 'rows' in answer ? answer.rows : [];
}

/**
 * One question about many things in one capture: its queries, and the answer about each, in their
 * order.
 */
export function askEach<Answer, About>(
  question: Question<Answer, About>,
  things: readonly About[],
): {
  queries: SourceQuery[];
  read(capture: Capture): { answer: Answer; errno: number | null }[];
} {
  const numbered = things.map((about, index) => ({ ...question, name: nameOf(question.name, index), about }));
  return {
    queries: numbered.map((one) => toQuery(one, one.about)),
    read: (capture) =>
      numbered.map((one) => ({ answer: answerOf(capture, one), errno: errnoOf(capture, one) })),
  };
}

/** Names are letters and underscores only: a digit is a letter. */
function nameOf(kind: string, index: number): string {
  const letters = [...String(index)].map((digit) => String.fromCharCode(97 + Number(digit)));
  return `${kind}_${letters.join('')}`;
}

/** A number as the server printed it; null where it gave none. */
export function toNumber(text: string | null | undefined): number | null {
  return text === null || text === undefined || text === '' ? null : Number(text);
}
