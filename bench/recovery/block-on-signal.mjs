// Loaded into a worker by --import: SIGUSR2 holds its main thread up for ten seconds, as a long
// computation would.
const HELD_MS = 10_000;
process.on('SIGUSR2', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_MS));
