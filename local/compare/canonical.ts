/** Digits of a decimal without trailing zeros, sign of zero or leading zeros: `-0.500` → `-0.5`. */
function decimal(text: string): string {
  const match = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = `${whole || '0'}${fraction ? `.${fraction}` : ''}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}

/** A time with its fraction cut to what it says: `10:00:00.500000` → `10:00:00.5`. */
function fraction(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function isRealDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year === 0 || month === 0 || day === 0) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

const NUMBERS = /^(tinyint|smallint|mediumint|int|bigint|decimal|bit|year)$/;

/**
 * A cell of MySQL as canonical text: what the destination must hold, by the rules of the design and
 * nothing of the mapping.
 */
export function canonicalFromMysql(cell: string | null, type: string): string | null {
  if (cell === null) return null;
  if (NUMBERS.test(type)) return decimal(cell);
  if (type === 'float' || type === 'double') return String(Number(cell));
  if (type === 'date') return isRealDate(cell) ? cell : null;
  if (type === 'datetime' || type === 'timestamp') return isRealDate(cell) ? fraction(cell) : null;
  return type === 'time' ? fraction(cell) : cell;
}

/** A cell of the destination as its API prints it, as the same canonical text. */
export function canonicalFromDestination(cell: string | null, type: string): string | null {
  if (cell === null) return null;
  switch (type) {
    case 'INTEGER':
    case 'INT64':
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return decimal(cell);
    case 'FLOAT':
    case 'FLOAT64':
      return String(Number(cell));
    case 'BYTES':
      return Buffer.from(cell, 'base64').toString('hex').toUpperCase();
    case 'DATETIME':
      return fraction(cell.replace('T', ' '));
    case 'TIMESTAMP':
      return fraction(fromMicroseconds(BigInt(cell)));
    case 'TIME':
      return fraction(cell);
    default:
      return cell;
  }
}

function fromMicroseconds(micros: bigint): string {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const rest = micros - seconds * 1_000_000n;
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
  return `${text}.${String(rest).padStart(6, '0')}`;
}
