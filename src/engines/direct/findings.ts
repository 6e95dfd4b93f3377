import { type ErrorCode, LoadError } from '../../pipeline/errors/index.ts';
import type { Spec, TagRule } from '../../pipeline/objects/index.ts';

/** What was found in the rows; by column where it is a list. */
export interface Findings {
  /** Values that their column's rule is about. */
  tagged: number[];
  /** The first row with such a value, where the rule says error. */
  firstKeys: (string | null)[];
  tooLong: number;
  tooLongKey: string | null;
  collisions: number;
}

/** Nothing yet. */
export const createFindings = ({ columns }: Spec): Findings => ({
  tagged: columns.map(() => 0),
  firstKeys: columns.map(() => null),
  tooLong: 0,
  tooLongKey: null,
  collisions: 0,
});

/** A rule that is no policy has a code of its own. */
const CODES: Partial<Record<TagRule['rule'], ErrorCode>> = {
  value_too_long: 'VALUE_TOO_LONG',
  text_not_unicode: 'TEXT_NOT_UNICODE',
};
/** What adutora.yml calls the rules: what a person can change. */
const SETTINGS: Readonly<Record<TagRule['rule'], string>> = {
  invalid_date: 'invalidDates: error',
  time_out_of_range: 'timeOutOfRange: error',
  decimal_out_of_range: 'bigDecimals: error',
  value_too_long: 'max_allowed_packet',
  text_not_unicode: 'Unicode',
  not_bool: 'type: bool',
  not_json: 'type: json',
  not_wgs84: 'type: geography',
};

/**
 * The policy counts of a stage: column → `rule_action` → how many, only what is above 0. Throws
 * where a value broke a policy that says error, a row is too long, or a text equals the null token,
 * by column, rule and primary key, never a value. As `spark/adutora_findings.py`, in its words.
 */
export function checkFindings(spec: Spec, findings: Findings): Record<string, Record<string, number>> {
  for (const [index, { name, tag }] of spec.columns.entries()) {
    const found = findings.tagged[index] ?? 0;
    if (found === 0 || tag?.action !== 'error') continue;
    const breaking = found === 1 ? '1 value breaks' : `${found} values break`;
    throw new LoadError(
      CODES[tag.rule] ?? 'POLICY_VIOLATION',
      `column ${name}: ${breaking} ${SETTINGS[tag.rule]}, the first found in the row ${findings.firstKeys[index]}`,
    );
  }
  const { tooLong, tooLongKey, collisions } = findings;
  if (tooLong > 0)
    throw new LoadError(
      'ROW_TOO_LONG',
      `rows longer than 100 MB: ${tooLong}, the first found is ${tooLongKey}`,
    );
  if (collisions > 0)
    throw new LoadError('NULL_TOKEN_COLLISION', `${collisions} texts equal the null token ${spec.nullToken}`);
  const counted = spec.columns.flatMap(({ name, tag }, index) => {
    const found = findings.tagged[index] ?? 0;
    return tag && found > 0 ? [[name, { [`${tag.rule}_${tag.action}`]: found }] as const] : [];
  });
  return Object.fromEntries(counted);
}
