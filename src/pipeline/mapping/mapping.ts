import type { MappedColumn, SourceColumn } from '../objects/index.ts';
import type { CanonicalText } from './canonical-text.ts';
import type { ColumnPolicies } from './policies.ts';

/** How a column arrives, before its name is added. */
export type Mapping = Pick<MappedColumn, 'expression' | 'plain' | 'bigqueryType' | 'form' | 'tag'>;

export interface MappingInput {
  column: SourceColumn;
  /** The column in backticks. */
  name: string;
  text: CanonicalText;
  policies: ColumnPolicies;
}

export type GivenText = Pick<CanonicalText, 'expression' | 'plain'> & Partial<Pick<CanonicalText, 'tag'>>;

export function bare(bigqueryType: string, text: GivenText, tag: Mapping['tag'] = null): Mapping {
  return mapping({ bigqueryType, form: 'bare' }, text, tag);
}

export function quoted(bigqueryType: string, text: GivenText, tag: Mapping['tag'] = null): Mapping {
  return mapping({ bigqueryType, form: 'quoted' }, text, tag);
}

function mapping(
  kind: Pick<Mapping, 'bigqueryType' | 'form'>,
  text: GivenText,
  tag: Mapping['tag'],
): Mapping {
  const { expression, plain } = text;
  return { ...kind, expression, plain, tag: tag ?? text.tag ?? null };
}
