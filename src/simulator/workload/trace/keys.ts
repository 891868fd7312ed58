/** Rows for the keys of a trace: by hash, or dense in the order of first appearance. */

export interface TraceKeys {
  /** The row of a key by its hash; -1 if dense rows have run out. */
  readonly rowOf: (high: number, low: number) => number;
  /** Different keys met, where they are counted. */
  readonly count: () => number | undefined;
}

/** Hashes modulo the rows: different keys may share one. Nothing is kept. */
export function hashedKeys(rows: number): TraceKeys {
  return { rowOf: (high, low) => (high * 2_097_152 + (low >>> 11)) % rows, count: () => undefined };
}

/**
 * The first key has row 0, the next new one row 1, up to `rows`. Keys are told apart by 64 bits of hash: two of a million are
 * taken for one with odds of 1 in 37 million. Memory follows the keys that were met: 12 bytes and some room each.
 */
export function denseKeys(rows: number): TraceKeys {
  let capacity = 1_024;
  let highs = new Uint32Array(capacity);
  let lows = new Uint32Array(capacity);
  /** Row plus 1; 0 is a free place. */
  let taken = new Uint32Array(capacity);
  let count = 0;

  function placeOf(high: number, low: number): number {
    let place = (high ^ Math.imul(low, 0x9e37_79b1)) & (capacity - 1);
    while (taken[place] !== 0 && (highs[place] !== high || lows[place] !== low)) place = (place + 1) & (capacity - 1);
    return place;
  }

  function grow(): void {
    const [oldHighs, oldLows, old] = [highs, lows, taken];
    capacity *= 2;
    highs = new Uint32Array(capacity);
    lows = new Uint32Array(capacity);
    taken = new Uint32Array(capacity);
    for (const [at, row] of old.entries()) {
      if (row === 0) continue;
      const place = placeOf(oldHighs[at]!, oldLows[at]!);
      highs[place] = oldHighs[at]!;
      lows[place] = oldLows[at]!;
      taken[place] = row;
    }
  }

  return {
    rowOf: (high, low) => {
      const place = placeOf(high, low);
      const row = taken[place]!;
      if (row > 0) return row - 1;
      if (count === rows) return -1;
      highs[place] = high;
      lows[place] = low;
      count += 1;
      taken[place] = count;
      const given = count - 1;
      if (count * 2 > capacity) grow();
      return given;
    },
    count: () => count,
  };
}
