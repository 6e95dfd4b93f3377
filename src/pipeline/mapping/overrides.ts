import type { Mask } from '../objects/index.ts';
import type { Family } from './canonical-text.ts';
import type { TypeOverride } from './column-rules.ts';
import { bare, type Mapping, type MappingInput, quoted } from './mapping.ts';

type Refuse = (why: string) => never;

/** BigQuery types that a rule may give to a family of types. */
export const OVERRIDES: Readonly<Record<TypeOverride, readonly Family[]>> = {
  bool: ['integer', 'bit'],
  json: ['json', 'text'],
  geography: ['geometry'],
  string: [
    ...(['integer', 'bit', 'year', 'decimal', 'float', 'date', 'time'] as const),
    ...(['text', 'bytes', 'json', 'geometry', 'address'] as const),
  ],
};

/**
 * The mapping of a column whose rule says `type:`; a value that the type cannot hold fails the
 * load.
 */
export function overrideType(input: MappingInput, type: TypeOverride, refuse: Refuse): Mapping {
  const { name, text } = input;
  if (!OVERRIDES[type].includes(text.family)) refuse(`its rule says type: ${type}, which it cannot become`);
  switch (type) {
    case 'string':
      return quoted('STRING', text);
    case 'bool':
      return bare(
        'BOOL',
        served(`CASE ${name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE ${tagged(name)} END`),
        { rule: 'not_bool', action: 'error' },
      );
    case 'json': {
      if (text.family === 'json') return quoted('JSON', text);
      const expression = `IF(JSON_VALID(${text.expression}), ${text.expression}, ${tagged(name)})`;
      return quoted('JSON', served(expression), { rule: 'not_json', action: 'error' });
    }
    case 'geography': {
      // SRID 0 is what applications leave where they do not think of one; here the rule says that
      // it means degrees.
      const expression = `IF(ST_SRID(${name}) IN (0, 4326), ${text.expression}, ${tagged(name)})`;
      return quoted('GEOGRAPHY', served(expression), { rule: 'not_wgs84', action: 'error' });
    }
  }
}

/**
 * The mapping of a masked column. `own` is the one it would have without. What a policy says of its
 * values no longer matters.
 */
export function maskColumn(
  { name, text }: MappingInput,
  { mask, own }: { mask: Mask; own: () => Mapping },
  refuse: Refuse,
): Mapping {
  if (mask.kind === 'nullify') return { ...own(), ...served('CAST(NULL AS CHAR)'), tag: null };
  if (mask.kind === 'hmac') return quoted('STRING', text);
  if (text.family !== 'text' && text.family !== 'bytes')
    refuse('truncate masks text and bytes only; use nullify or hmac');
  const cut = (expression: string) => expression.replaceAll(name, () => `LEFT(${name}, ${mask.length})`);
  const { expression, plain, tag } = text;
  return quoted(text.family === 'text' ? 'STRING' : 'BYTES', {
    expression: cut(expression),
    plain: plain && { ...plain, expression: cut(plain.expression) },
    tag,
  });
}

/** Only the server can make this text. */
const served = (expression: string) => ({ expression, plain: null });
/** The tag alone for a value, NULL for NULL. */
const tagged = (name: string) => `IF(${name} IS NULL, NULL, '!')`;
