/**
 * The phi accrual failure detector (Hayashibara, Défago, Yared and Katayama 2004): instead of "dead or alive", how
 * unlikely the present silence is under what was learnt of the pauses between heartbeats. phi = -log10 of the probability
 * that a heartbeat comes later still; at a threshold of 8 that is once in 10^8.
 *
 * Pauses are taken as normal with the mean and deviation of a sliding window, as in the paper and Akka, or as exponential
 * with its mean, as in Cassandra (CASSANDRA-2597), where phi = silence / mean x log10 e. Since phi grows with the silence,
 * the instant at which it crosses the threshold is known at each heartbeat: no polling is needed, and none is modelled.
 */
export interface PhiOptions {
  readonly model: "normal" | "exponential";
  readonly threshold: number;
  /** Pauses remembered. */
  readonly window: number;
  /** The deviation is at least this: a too regular past makes for a nervous detector. Microseconds. */
  readonly minDeviation: number;
  /** Added to the mean: a pause that is taken for granted (Akka's acceptable-heartbeat-pause). Microseconds. */
  readonly acceptablePause: number;
}

export interface Pauses {
  /** A heartbeat came so long after the one before, microseconds. */
  readonly add: (pause: number) => void;
  readonly mean: () => number;
  readonly deviation: () => number;
}

/**
 * A sliding window of pauses around an expected one. Sums are of whole numbers below 2^53, so they are exact and
 * nothing builds up. Before the first pause it holds Akka's guess: the expected pause, give or take a quarter.
 */
export function createPauses(window: number, expected: number): Pauses {
  const ring = new Float64Array(window);
  let count = 0;
  let next = 0;
  let sum = 0;
  let squares = 0;

  function put(pause: number): void {
    const off = pause - expected;
    if (count === window) {
      const gone = ring[next]!;
      sum -= gone;
      squares -= gone * gone;
    } else count += 1;
    ring[next] = off;
    next = (next + 1) % window;
    sum += off;
    squares += off * off;
  }

  const guess = Math.floor(expected / 4);
  put(expected - guess);
  put(expected + guess);
  return {
    add: put,
    mean: () => expected + sum / count,
    deviation: () => Math.sqrt(Math.max(0, squares / count - (sum / count) * (sum / count))),
  };
}

/** phi of a silence, microseconds. */
export function phiOf(silence: number, pauses: Pauses, { model, minDeviation, acceptablePause }: PhiOptions): number {
  const mean = pauses.mean() + acceptablePause;
  if (model === "exponential") return (silence / mean) * Math.LOG10E;
  return suspicion((silence - mean) / Math.max(minDeviation, pauses.deviation()));
}

/** The silence at which phi reaches the threshold, microseconds. `bound` is `boundOf(threshold)`. */
export function silenceAt(bound: number, pauses: Pauses, { model, threshold, minDeviation, acceptablePause }: PhiOptions): number {
  const mean = pauses.mean() + acceptablePause;
  const silence = model === "exponential" ? mean * threshold * Math.LN10 : mean + bound * Math.max(minDeviation, pauses.deviation());
  return Math.max(1, Math.ceil(silence));
}

/** How many deviations beyond the mean phi reaches a threshold above 0.31 (that of the mean), by halving. */
export function boundOf(threshold: number): number {
  let low = -8;
  let high = 40;
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (suspicion(middle) < threshold) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** -log10 of the probability that a standard normal lies above z. */
export function suspicion(z: number): number {
  if (z < 2) return -Math.log10(0.5 - normalSeries(z));
  // Far out, the continued fraction of Mills' ratio (Laplace), from its tail on; the density underflows, its logarithm does not.
  let tail = 0;
  for (let k = 120; k >= 1; k -= 1) tail = k / (z + tail);
  const logDensity = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
  return -(logDensity - Math.log(z + tail)) * Math.LOG10E;
}

/** The normal probability of [0, z] by its series, for z up to 2 (and down to -8). */
function normalSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; k < 200; k += 1) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
