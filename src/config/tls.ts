import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isLoopback } from '../pipeline/names/index.ts';
import type { SourceAddress } from '../pipeline/objects/index.ts';
import type { SettingValues } from './settings.ts';
import { shownPath } from './shown-value.ts';

type TlsValues = Partial<Pick<SettingValues, 'MYSQL_TLS' | 'MYSQL_TLS_CA' | 'MYSQL_HOST'>>;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Problems of MYSQL_TLS and MYSQL_TLS_CA together. */
export function tlsProblems({ MYSQL_TLS: mode, MYSQL_TLS_CA: file, MYSQL_HOST: host }: TlsValues): string[] {
  const isUnused = file !== undefined && (mode === 'required' || mode === 'disabled');
  const checks: [boolean, string][] = [
    [mode === 'verify-ca' && !file, 'MYSQL_TLS=verify-ca needs MYSQL_TLS_CA.'],
    [
      isUnused,
      `MYSQL_TLS_CA is not looked at with MYSQL_TLS=${mode}: set verify-identity, or take MYSQL_TLS_CA away.`,
    ],
    [
      mode === 'disabled' && host !== undefined && !isLoopback(host),
      `MYSQL_TLS=disabled is for the loopback interface only, and MYSQL_HOST is another.`,
    ],
  ];
  return [...checks.filter(([isWrong]) => isWrong).map(([, message]) => message), ...caProblems(file)];
}

/**
 * How the source is reached. Only certificates leave the file: it may hold a private key beside
 * them.
 */
export function tlsOf({ MYSQL_TLS: mode, MYSQL_TLS_CA: file }: SettingValues): SourceAddress['tls'] {
  if (mode === 'required' || mode === 'disabled') return { mode };
  const caPem = file === undefined ? null : certificatesIn(readFileSync(file, 'utf8')).join('\n');
  return mode === 'verify-ca' ? { mode, caPem: caPem ?? '' } : { mode, caPem };
}

function caProblems(file: string | undefined): string[] {
  if (file === undefined) return [];
  const name = `MYSQL_TLS_CA: ${shownPath(file)}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return [`${name} cannot be read (${(error as NodeJS.ErrnoException).code}).`];
  }
  const found = certificatesIn(text);
  if (found.length === 0)
    return [`${name} holds no certificate: expected -----BEGIN CERTIFICATE----- and what follows.`];
  const broken = found.findIndex((pem) => !isCertificate(pem));
  return broken < 0 ? [] : [`${name}: certificate ${broken + 1} of ${found.length} cannot be read.`];
}

function certificatesIn(text: string): string[] {
  return text.match(CERTIFICATE) ?? [];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}
