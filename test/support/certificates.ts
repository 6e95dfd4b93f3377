import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate authority of a test's own. */
export interface Authority {
  /** Its certificate. */
  pem: string;
  /** A certificate for these host names and IPv4 addresses, with its private key. */
  issue(hosts: readonly string[]): { cert: string; key: string };
}

const YEAR_MS = 365 * 86_400_000;
const OID = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
};

/** Makes an authority; every call another one, also under the same name. */
export function createAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isCa = der(0x30, extension(OID.basicConstraints, der(0x30, der(0x01, Buffer.from([0xff])))));
  const signed = (subject: string, key: KeyObject, extensions: Buffer) =>
    certificate({ subject, key, extensions, issuer: name, issuerKey: privateKey });
  return {
    pem: signed(name, publicKey, isCa),
    issue: (hosts) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = extension(OID.subjectAltName, der(0x30, ...hosts.map(alternativeName)));
      return {
        cert: signed('a server', pair.publicKey, der(0x30, names)),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}

/** X.509 version 3, in DER, as PEM. */
function certificate(input: {
  subject: string;
  key: KeyObject;
  extensions: Buffer;
  issuer: string;
  issuerKey: KeyObject;
}): string {
  const algorithm = der(0x30, der(0x06, Buffer.from(OID.ecdsaWithSha256, 'hex')));
  const subjectKey = input.key.export({ type: 'spki', format: 'der' });
  const serial = createHash('sha256').update(subjectKey).digest().subarray(0, 8);
  serial.writeUInt8(((serial[0] ?? 0) & 0x7f) | 0x40, 0);
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    commonName(input.issuer),
    der(0x30, time(Date.now() - YEAR_MS), time(Date.now() + YEAR_MS)),
    commonName(input.subject),
    subjectKey,
    der(0xa3, input.extensions),
  );
  const signature = sign('sha256', content, input.issuerKey);
  const whole = der(0x30, content, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  // As short as it can be: Java checks the signature over what it would have written itself.
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function commonName(name: string): Buffer {
  const pair = der(0x30, der(0x06, Buffer.from(OID.commonName, 'hex')), der(0x0c, Buffer.from(name)));
  return der(0x30, der(0x31, pair));
}

function extension(oid: string, value: Buffer): Buffer {
  return der(0x30, der(0x06, Buffer.from(oid, 'hex')), der(0x04, value));
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 4
    ? der(0x87, Buffer.from(host.split('.').map(Number)))
    : der(0x82, Buffer.from(host));
}

function time(ms: number): Buffer {
  const digits = new Date(ms)
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2);
  return der(0x17, Buffer.from(digits));
}
