const SHA_LENGTH = 32;
const HASH_LENGTH = 12;
const LOWERED_RUN = /^(manual-)?(\d{8})t(\d{6})z(-[0-9a-f]{4})?$/;
const ATTEMPT = /^a(\d+)$/;

/** Labels on a job of Dataproc or BigQuery; values match `[a-z0-9_-]{1,63}`. */
export type Labels = Record<string, string>;

/** As much of a SHA-256 (hex) as a label takes along. */
export function labelOfSha256(sha256: string): string {
  return sha256.slice(0, SHA_LENGTH);
}

/** Labels that every Dataproc job of an installation has. */
export function installationLabels(sourceId: string): { installation: string } {
  return { installation: sourceId };
}

/** Labels on the Dataproc and BigQuery jobs of an attempt. */
export function jobLabels(input: {
  sourceId: string;
  runId: string;
  loadId: string;
  attemptNumber: number;
  specSha256: string;
}): Labels {
  return {
    ...installationLabels(input.sourceId),
    run: input.runId.toLowerCase(),
    load: input.loadId.slice(-HASH_LENGTH),
    attempt: `a${input.attemptNumber}`,
    spec: labelOfSha256(input.specSha256),
  };
}

/**
 * What the labels of an attempt's job say: of its load the table's hash, of its spec what a label
 * takes along.
 */
export function parseJobLabels(labels: Readonly<Labels>): {
  sourceId: string;
  runId: string;
  tableHash: string;
  attemptNumber: number;
  spec: string;
} | null {
  const { installation: sourceId, run = '', load: tableHash, attempt = '', spec } = labels;
  const number = ATTEMPT.exec(attempt)?.[1];
  const [, manual = '', day, time, random = ''] = LOWERED_RUN.exec(run) ?? [];
  if (!sourceId || !tableHash || !spec || !day || number === undefined) return null;
  const runId = `${manual}${day}T${time}Z${random}`;
  return { sourceId, runId, tableHash, attemptNumber: Number(number), spec };
}

/** Labels on a Dataproc job that asks the source. */
export function probeLabels(input: {
  sourceId: string;
  purpose: 'doctor' | 'verify';
  specSha256: string;
}): Labels {
  const { sourceId, purpose, specSha256 } = input;
  return { ...installationLabels(sourceId), purpose, spec: labelOfSha256(specSha256) };
}

/**
 * Whether a job that has our name was made from this very spec: else somebody else has taken the
 * name.
 */
export function isOurs({ labels }: { labels: Readonly<Labels> }, specSha256: string): boolean {
  return labels['spec'] === labelOfSha256(specSha256);
}

/** Labels on a MERGE into history: of what is merged the SHA-256. */
export function historyMergeLabels(sourceId: string, rowsSha256: string): Labels {
  return { ...installationLabels(sourceId), rows: labelOfSha256(rowsSha256) };
}

/** Whether a MERGE has merged, or is to merge, these very rows. */
export function isMergeOf({ labels }: { labels: Readonly<Labels> }, rowsSha256: string): boolean {
  return labels['rows'] === labelOfSha256(rowsSha256);
}
