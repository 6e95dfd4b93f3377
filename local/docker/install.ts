import { installAll } from '../stack/install-all.ts';

/** What `npm run stack` would install at its first start, while the image is built. */
await installAll((line) => process.stderr.write(`${line}\n`));
