import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Bucket, File, Storage } from '@google-cloud/storage';
import { expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';

const ADAPTERS = join(ROOT, 'src', 'adapters');
const sourceOf = (adapter: string) =>
  readdirSync(join(ADAPTERS, adapter))
    .map((file) => readFileSync(join(ADAPTERS, adapter, file), 'utf8'))
    .join('\n');
/** Methods that a source calls, of those that a vendor has. */
const called = (source: string, names: readonly string[]) =>
  [...new Set(names)].filter((name) => new RegExp(`\\.${name}\\(`).test(source));

interface Proto {
  nested?: Record<string, Proto>;
  methods?: Record<string, unknown>;
}
/** Every remote procedure of a package of Google's. */
function proceduresOf(packageName: string): string[] {
  const root: Proto = createRequire(import.meta.url)(`@google-cloud/${packageName}/build/protos/protos.json`);
  const walk = ({ nested = {}, methods = {} }: Proto): string[] => [
    ...Object.keys(methods),
    ...Object.values(nested).flatMap(walk),
  ];
  return walk(root.nested?.['google']?.nested?.['cloud'] ?? {}).map(
    (name) => name.charAt(0).toLowerCase() + name.slice(1),
  );
}

/** Methods of Cloud Storage's client that call it; the others only name things. */
const LOCAL_ONLY = new Set(['bucket', 'file', 'constructor', 'on', 'toString', 'close', 'request']);
/** With those of the classes that they come from. */
function methodsOf(prototype: object | null): string[] {
  if (prototype === null || prototype === EventEmitter.prototype || prototype === Object.prototype) return [];
  return [...Object.getOwnPropertyNames(prototype), ...methodsOf(Object.getPrototypeOf(prototype))];
}
const storageMethods = [Storage, Bucket, File]
  .flatMap(({ prototype }) => methodsOf(prototype))
  .filter((name) => !LOCAL_ONLY.has(name) && !name.startsWith('_'));

/** Addresses below a project at BigQuery, whatever verb goes with them. */
function bigqueryAddresses(source: string): string[] {
  const texts = [...source.matchAll(/['`]((?:\/datasets|\/jobs)[^'`?]*|\$\{[^}]*\}\/\w+)['`]/g)].map(
    ([, text = '']) => text.replaceAll(/\$\{[^}]*\}/g, '*'),
  );
  return [...new Set(texts)].sort();
}

const table =
  /## The accounts at Google[\s\S]*?\n## /.exec(
    readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8'),
  )?.[0] ?? '';
const documented = new Set([...table.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

it('every call that the adapters make at Google stands in docs/security.md with the permission that it needs', () => {
  const used = [
    ...called(sourceOf('dataproc'), proceduresOf('dataproc')),
    ...called(sourceOf('secrets'), proceduresOf('secret-manager')),
    ...called(sourceOf('gcs'), storageMethods),
    ...called(sourceOf('bigquery'), [
      'query',
      'createJob',
      'createQueryJob',
      'createDataset',
      'dataset',
      'getDatasets',
      'getJobs',
    ]),
  ];
  expect(used.sort()).toEqual([
    ...[
      'accessSecretVersion',
      'cancelJob',
      'delete',
      'download',
      'exists',
      'getCluster',
      'getFiles',
      'getJob',
    ],
    ...['getMetadata', 'listJobs', 'query', 'save', 'submitJob'],
  ]);
  expect(used.filter((name) => !documented.has(name))).toEqual([]);
});

it('and so does every address at BigQuery, with its verb', () => {
  expect(bigqueryAddresses(sourceOf('bigquery'))).toEqual([
    '*/rowAccessPolicies',
    ...['/datasets', '/datasets/*', '/datasets/*/tables', '/datasets/*/tables/*', '/jobs', '/jobs/*'],
  ]);
  const verbs = [...sourceOf('bigquery').matchAll(/method: '([A-Z]+)'/g)].map(([, verb]) => verb);
  expect([...new Set(verbs)].sort()).toEqual(['DELETE', 'GET', 'PATCH', 'POST']);
  for (const call of [
    'POST /jobs',
    'GET /jobs/*',
    'GET /datasets/*',
    'POST /datasets',
    'POST /datasets/*/tables',
  ])
    expect(documented).toContain(call);
});
