/**
 * Keeps Node's warnings but for one of Google's authentication library, which warns of each look
 * for a metadata server where there is none: the error that follows says it better.
 */
export function quietMetadataLookups(): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    if (name !== 'MetadataLookupWarning') process.stderr.write(`(node) ${name}: ${message}\n`);
  });
}
