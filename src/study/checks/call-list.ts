/** The linked list that a search for an order of operations walks, lifts from and restores to (Lowe 2017, section 3). */

/** An operation that counts. */
export interface Item {
  /** Its place in the history. */
  readonly place: number;
  readonly isRead: boolean;
  /** Number of its value. */
  readonly value: number;
  readonly from: number;
  /** Infinity if it has no definite answer. */
  readonly until: number;
}

/** Calls and returns that are not placed, in order of time, calls before returns at one instant; ends with nothing. */
interface CallList {
  readonly lift: (number: number) => void;
  /** The last one lifted first. */
  readonly restore: (number: number) => void;
  /** The first item that has been called before the first return; -1 if there is none. And the one after it. */
  readonly first: () => number;
  readonly nextCalled: (number: number) => number;
  /** The first in order of calls that will return; -1 if there is none. */
  readonly firstDefinite: () => number;
}

export function createCallList(items: readonly Item[]): CallList {
  const count = items.length;
  // Entry n is the call of item n, entry count + n its return; the last is the head.
  const head = 2 * count;
  const next = new Int32Array(2 * count + 1);
  const previous = new Int32Array(2 * count + 1);
  const entries: number[] = [];
  items.forEach((item, number) => {
    entries.push(number);
    if (item.until < Infinity) entries.push(count + number);
  });
  const at = (entry: number): number => (entry < count ? items[entry]!.from : items[entry - count]!.until);
  entries.sort((a, b) => at(a) - at(b) || Number(a >= count) - Number(b >= count) || a - b);
  let last = head;
  for (const entry of entries) {
    next[last] = entry;
    previous[entry] = last;
    last = entry;
  }
  next[last] = head;
  previous[head] = last;
  const cut = (entry: number): void => {
    next[previous[entry]!] = next[entry]!;
    previous[next[entry]!] = previous[entry]!;
  };
  const put = (entry: number): void => {
    next[previous[entry]!] = entry;
    previous[next[entry]!] = entry;
  };
  const called = (entry: number): number => (entry < count ? entry : -1);
  return {
    lift: (number) => {
      cut(number);
      if (items[number]!.until < Infinity) cut(count + number);
    },
    restore: (number) => {
      if (items[number]!.until < Infinity) put(count + number);
      put(number);
    },
    first: () => called(next[head]!),
    // What was lifted still knows its successor.
    nextCalled: (number) => called(next[number]!),
    firstDefinite: () => {
      let entry = next[head]!;
      while (entry < count && items[entry]!.until === Infinity) entry = next[entry]!;
      return entry < count ? entry : -1;
    },
  };
}
