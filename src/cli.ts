import { runCommandLine, tellError } from './composition/command-line.ts';
import { guardOutput } from './terminal/guard-output.ts';
import { watchOutput } from './terminal/output.ts';
import { quietMetadataLookups } from './terminal/warnings.ts';

guardOutput();
quietMetadataLookups();
const output = watchOutput(process.stdout);
const args = process.argv.slice(2);
runCommandLine(args, process)
  .then(async (code) => {
    await output.settle();
    process.exit(code);
  })
  .catch((error: unknown) => process.exit(tellError(error, args, process)));
