/**
 * Spark's jobs of the tests end in seconds: the compiler that makes the fastest code takes more of
 * the machine than it gives back (9.8 s of CPU a start without this, 5.7 with it).
 */
export const BRIEF_JOBS = '-XX:TieredStopAtLevel=1';
