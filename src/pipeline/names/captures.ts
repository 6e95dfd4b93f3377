import { grammar } from './grammar.ts';

const OF_RUN = grammar('{runId}-v{number#}');
const OF_LOAD = grammar('{loadId}-s{attemptNumber#}');
const ONCE = grammar('once-{random}');
const TRY = grammar('{capture}-a{tryNumber#}');

/** What the name of a capture says. */
export type CaptureName =
  /** The n-th question of a run's verify. */
  | { kind: 'verify'; runId: string; number: number }
  /** The look at a table before an attempt of its load. */
  | { kind: 'reshape'; loadId: string; attemptNumber: number }
  /** Of a command; `random` is hex. */
  | { kind: 'once'; random: string };

/** CAPTURE: questions to MySQL that a Dataproc job may ask, found again by this name. */
export function captureName(of: CaptureName): string {
  if (of.kind === 'verify') return OF_RUN.make(of);
  return of.kind === 'reshape' ? OF_LOAD.make(of) : ONCE.make(of);
}

/** What the name of a capture says; null where it is none's. */
export function parseCapture(name: string): CaptureName | null {
  const once = ONCE.parse(name);
  if (once) return { kind: 'once', ...once };
  const ofLoad = OF_LOAD.parse(name);
  if (ofLoad) return { kind: 'reshape', ...ofLoad };
  const ofRun = OF_RUN.parse(name);
  return ofRun && { kind: 'verify', ...ofRun };
}

/** TRY number n (from 1) of a capture. */
export function captureTryName(capture: string, tryNumber: number): string {
  return TRY.make({ capture, tryNumber });
}

/** Capture and number of a try; null where it is no try's name. */
export function parseCaptureTry(name: string): { capture: string; tryNumber: number } | null {
  return TRY.parse(name);
}
