/**
 * Closed forms of Raft elections: Ongaro, "Consensus: Bridging Theory and Practice" (dissertation, Stanford 2014), chapter 9, with
 * its sources nosplit.tex, splitrate.tex and splittotal.tex. Times are in any one unit.
 */

/**
 * The probability that the first term ends in a split vote: so many of the s survivors of n that too few voters are left time out
 * within one constant latency of the first. Logs alike, disks that take no time, time-outs uniform in a range that is 1/l latencies wide.
 */
export function splitVote(servers: number, survivors: number, latencyShare: number): number {
  const needed = survivors - Math.floor(servers / 2) + 1;
  let sum = 0;
  for (let k = needed - 1; k <= survivors; k += 1)
    sum += binomial(survivors, k) * power(latencyShare, k) * power(1 - latencyShare, survivors - k);
  return sum;
}

/** The chance that the first of s time-outs comes in the first part t of the range. */
export const firstWithin = (survivors: number, t: number): number => 1 - power(1 - t, survivors);

/**
 * The mean of the first of so many sums of two uniform variables, on [0, spread] and on [from, to]: time-outs that started at
 * instants of their own. By the trapezoid rule over P(all are later).
 */
export function meanOfFirst(survivors: number, from: number, to: number, spread: number): number {
  const end = to + spread;
  const step = (end - from) / STEPS;
  let sum = 0;
  for (let i = 0; i <= STEPS; i += 1) {
    const weight = i === 0 || i === STEPS ? 0.5 : 1;
    sum += weight * power(1 - sumBelow(from + i * step, from, to, spread), survivors);
  }
  return from + sum * step;
}

const STEPS = 20_000;

/** P(U + V <= t) for U uniform on [from, to] and V uniform on [0, spread]. */
function sumBelow(t: number, from: number, to: number, spread: number): number {
  const width = to - from;
  const [long, short] = [Math.max(width, spread), Math.min(width, spread)];
  const x = t - from;
  if (x <= 0) return 0;
  if (x >= long + short) return 1;
  if (short === 0) return x / long;
  if (x <= short) return (x * x) / (2 * long * short);
  if (x <= long) return (x - short / 2) / long;
  const left = long + short - x;
  return 1 - (left * left) / (2 * long * short);
}

function binomial(n: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i += 1) product *= (n - k + i) / i;
  return product;
}

/** x to a whole power. */
function power(x: number, exponent: number): number {
  let product = 1;
  for (let i = 0; i < exponent; i += 1) product *= x;
  return product;
}
