/**
 * The supermarket model: Poisson arrivals of rate load × n to n servers with exponential demands of mean 1, each customer
 * joining the shortest of d queues drawn at random. For many servers the mean time in the system has a closed form; for n of
 * them its next term, of order 1 / n, is known too. Times are in mean demands.
 */
import { assert } from "../../base/assert.ts";

export interface Supermarket {
  /** Mean time in the system as n grows without bound. */
  readonly limit: number;
  /** With the term of order 1 / n. */
  readonly refined: number;
}

/** Shares below this are none. */
const SHARE_LEAST = 1e-12;

/**
 * For d = 1 the queues are M/M/1. For d >= 2 a share load^((d^i - 1) / (d - 1)) of the servers has i customers or more:
 * Vvedenskaya, Dobrushin, Karpelevich (1996); Mitzenmacher, IEEE TPDS 12(10), 2001. The term of order 1 / n is the refined
 * mean field of Gast and Van Houdt, Proc. ACM Meas. Anal. Comput. Syst. 1(2), 2017, section 4: with J the drift's
 * Jacobian at the fixed point, J W + W J^T + Q = 0 gives the fluctuations, J V + h(W) + c = 0 the bias. They draw with
 * replacement; without, d distinct ones all have i customers with probability x^d - d (d - 1) / (2 n) x^(d - 1) (1 - x),
 * which adds c. Needs 0 < load < 1.
 */
export function supermarket(load: number, choices: number, servers: number, isReplaced: boolean): Supermarket {
  assert(load > 0 && load < 1 && choices >= 1, `supermarket of load ${load} and ${choices} choices`);
  if (choices === 1) return { limit: 1 / (1 - load), refined: 1 / (1 - load) };
  const shares = [1];
  for (let exponent = 1; ; exponent = exponent * choices + 1) {
    const share = Math.exp(exponent * Math.log(load));
    if (share < SHARE_LEAST) break;
    shares.push(share);
  }
  const levels = shares.length - 1;
  const share = (i: number): number => shares[i] ?? 0;
  /** d x^(d-1), and half of d (d-1) x^(d-2), load included, at level i. */
  const slope = (i: number): number => load * choices * power(share(i), choices - 1);
  const bend = (i: number): number => (load * choices * (choices - 1) * power(share(i), choices - 2)) / 2;
  const jacobian = Array.from({ length: levels }, (_, row) => {
    const entries = new Array<number>(levels).fill(0);
    if (row > 0) entries[row - 1] = slope(row);
    entries[row] = -slope(row + 1) - 1;
    if (row + 1 < levels) entries[row + 1] = 1;
    return entries;
  });
  const spread = fluctuations(
    jacobian,
    shares.slice(1).map((own, row) => 2 * (own - share(row + 2))),
  );
  /** What drawing without replacement takes from the chance that all have i customers, times n; and what fluctuations add. */
  const correction = (i: number): number => {
    if (i === 0) return 0;
    return bend(i) * spread[i - 1]! - (isReplaced ? 0 : bend(i) * share(i) * (1 - share(i)));
  };
  const bias = solve(
    jacobian,
    shares.slice(1).map((_, row) => correction(row + 1) - correction(row)),
  );
  const customers = shares.slice(1).reduce((total, one) => total + one, 0);
  const extra = bias.reduce((total, one) => total + one, 0) / servers;
  return { limit: customers / load, refined: (customers + extra) / load };
}

/** The diagonal of W in J W + W J^T + Q = 0, Q diagonal: one linear system for all entries of W. */
function fluctuations(jacobian: readonly (readonly number[])[], noise: readonly number[]): readonly number[] {
  const n = noise.length;
  const system = Array.from({ length: n * n }, () => new Array<number>(n * n).fill(0));
  const right = new Array<number>(n * n).fill(0);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1) {
      const row = system[i * n + j]!;
      for (let k = 0; k < n; k += 1) {
        row[k * n + j] = row[k * n + j]! + jacobian[i]![k]!;
        row[i * n + k] = row[i * n + k]! + jacobian[j]![k]!;
      }
      if (i === j) right[i * n + j] = -noise[i]!;
    }
  const whole = solve(system, right);
  return noise.map((_, i) => whole[i * n + i]!);
}

/** x of A x = b, by elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1) if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    for (let row = column + 1; row < n; row += 1) {
      const below = rows[row]!;
      const factor = below[column]! / top[column]!;
      if (factor === 0) continue;
      for (let k = column; k <= n; k += 1) below[k] = below[k]! - factor * top[k]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row -= 1) {
    let rest = rows[row]![n]!;
    for (let k = row + 1; k < n; k += 1) rest -= rows[row]![k]! * x[k]!;
    x[row] = rest / rows[row]![row]!;
  }
  return x;
}

/** x to a whole power, by products. */
function power(x: number, n: number): number {
  let product = 1;
  for (let i = 0; i < n; i += 1) product *= x;
  return product;
}
