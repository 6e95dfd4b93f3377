import { isHelp } from '../src/commands/arguments.ts';

const BENCHES: Readonly<Record<string, string>> = {
  wire: 'one connection: rows counted, and written as lines, beside a C program that discards what it reads',
  rivals: 'the direct engine beside other tools that read MySQL into files: speed, CPU, memory; a chart',
  mapping: "CPU of the mapping's SELECT against plain columns, MySQL's and the client's",
  pipeline: 'what a run costs beside Spark and BigQuery, what the worker needs, how fast Spark stages',
  verify: '10,000 tables: verify, fan-out, run end; what a verify costs the source',
  recovery: 'kill -9 of a worker to the next step of its load elsewhere',
};

const USAGE = `Usage: npm run bench -- NAME [ARGUMENTS], and npm run bench -- NAME --help

${Object.entries(BENCHES)
  .map(([name, meaning]) => `  ${name.padEnd(10)}${meaning}`)
  .join('\n')}

Results and how to read them: bench/README.md`;

const [node = '', script = '', name = '', ...rest] = process.argv;
if (Object.hasOwn(BENCHES, name)) {
  process.argv = [node, script, ...rest];
  await import(`./${name}.ts`);
} else if (isHelp(name)) {
  process.stdout.write(`${USAGE}\n`);
} else {
  process.stderr.write(
    `${name === '' ? 'Which bench?' : `There is no bench ${JSON.stringify(name)}.`}\n${USAGE}\n`,
  );
  process.exitCode = 2;
}
