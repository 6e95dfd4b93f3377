/**
 * The two doors of publish: start it (or attach to it) and wait, then confirm what it did. Behind
 * them: the plan of the schema, the guard's stop, rebuilt tables, counts, putting back, options.
 */

export { confirmPublish } from './confirm-publish.ts';
export { publishStage } from './publish-stage.ts';
