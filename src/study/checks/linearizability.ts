/**
 * Is the history of one key linearizable (Herlihy and Wing, TOPLAS 12(3), 1990)? Is there an order of its operations that
 * keeps real time and in which every read returns the latest write?
 *
 * The search is Wing and Gong's (JPDC 17, 1993) with Lowe's memory of configurations seen (Concurrency and Computation 29(4),
 * 2017), on a linked list of calls and returns, as Horn and Kroening (FORTE 2015) and Porcupine have it. A register allows
 * more, none of which changes an answer:
 * - a read of the present value that has been called is placed at once: it changes nothing, and only frees others;
 * - a write whose value no read is left to return is placed together with the next write, or at once if the present value is
 *   not wanted any more either;
 * - while reads of the present value are left and nobody is left to write it again, no write may be placed.
 *
 * A write without a definite answer may take effect at any time after its call, or never, which is the same as after all that
 * one can see. It is left out if nobody returns its value. Reads without an answer and refused operations say nothing.
 */
import type { HistoryOperation, KeyHistory } from "../../simulator/record/history.ts";
import { createCallList, type Item } from "./call-list.ts";

export type Linearizability =
  | { readonly kind: "linearizable" }
  /** No order exists. `by` is the place in `operations` of the first answer that no order explains: until then there was one. */
  | { readonly kind: "violated"; readonly by: number }
  /** So many configurations were looked at, and the answer is still open. */
  | { readonly kind: "unknown"; readonly looked: number };

/** Configurations looked at before the search gives up: well below a second and 100 MB. */
const EFFORT = 200_000;

/** Present value before anything is known of it, and one that nobody is left to read. Values are numbered from 0. */
const UNKNOWN = -1;
const UNWANTED = -2;

/** Judges one history. `effort` bounds the configurations that are looked at; never the truth of an answer. */
export function checkLinearizable(history: KeyHistory, effort = EFFORT): Linearizability {
  const found = searchOrder(history, effort);
  return found === "violated" ? { kind: "violated", by: firstWrongAnswer(history, effort) } : found;
}

/** By halving: what has happened by an instant is linearizable if what has happened by a later one is. */
function firstWrongAnswer(history: KeyHistory, effort: number): number {
  const answers = history.operations.flatMap(({ ending }, place) => (ending === "acknowledged" ? [place] : []));
  const endOf = (place: number): number => history.operations[place]!.until;
  answers.sort((a, b) => endOf(a) - endOf(b) || a - b);
  let low = 0;
  let high = answers.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (searchOrder(knownBy(history, answers, middle), effort) === "violated") high = middle;
    else low = middle + 1;
  }
  return answers[low]!;
}

/** The history as far as it is known with the answers up to number `last`. */
function knownBy({ key, initial, operations }: KeyHistory, answers: readonly number[], last: number): KeyHistory {
  const answered = new Set(answers.slice(0, last + 1));
  const known = operations.map((operation, place): HistoryOperation => {
    if (operation.ending !== "acknowledged" || answered.has(place)) return operation;
    return { ...operation, ending: "ambiguous" };
  });
  return { key, initial, operations: known };
}

function searchOrder(history: KeyHistory, effort: number): "violated" | Exclude<Linearizability, { kind: "violated" }> {
  const search = createSearch(history);
  const frames: Frame[] = [];
  let looked = 0;
  for (;;) {
    search.settle();
    if (search.isDone()) return { kind: "linearizable" };
    if (search.isNew()) {
      looked += 1;
      if (looked > effort) return { kind: "unknown", looked };
      frames.push({ mark: search.mark(), state: search.state(), choices: search.choices(), next: 0 });
    }
    let frame = frames.at(-1);
    while (frame !== undefined && frame.next === frame.choices.length) {
      frames.pop();
      frame = frames.at(-1);
    }
    if (frame === undefined) return "violated";
    search.backTo(frame.mark, frame.state);
    search.choose(frame.choices[frame.next]!);
    frame.next += 1;
  }
}

/** A configuration with more than one way on. */
interface Frame {
  readonly mark: number;
  readonly state: number;
  readonly choices: readonly number[];
  next: number;
}

interface Search {
  /** Places what can be placed without a choice. */
  readonly settle: () => void;
  /** Every operation with a definite answer is placed. */
  readonly isDone: () => boolean;
  /** Whether this configuration is met for the first time; remembers it. */
  readonly isNew: () => boolean;
  /** What may come next: numbers of operations, or `ONLY_UNREAD`. */
  readonly choices: () => readonly number[];
  readonly choose: (choice: number) => void;
  readonly mark: () => number;
  readonly state: () => number;
  readonly backTo: (mark: number, state: number) => void;
}

/** A choice: the writes that nobody returns, and no other. */
const ONLY_UNREAD = -1;

function createSearch(history: KeyHistory): Search {
  const { items, values, initial } = itemsOf(history);
  const count = items.length;
  const indefinite = items.flatMap(({ until }, number) => (until < Infinity ? [] : [number]));
  /** Reads and writes of each value that are not placed. */
  const reads = new Int32Array(values);
  const writes = new Int32Array(values);
  for (const item of items) {
    const counts = item.isRead ? reads : writes;
    counts[item.value]! += 1;
  }
  const list = createCallList(items);
  /** Placed items in order of placing; those of definite answer as bits by number. */
  const placed: number[] = [];
  const tops: number[] = [];
  const bits = new Uint32Array((count >> 5) + 1);
  const seen = new Set<string>();
  let left = count - indefinite.length;
  let state = initial;

  const isUnread = (number: number): boolean => !items[number]!.isRead && reads[items[number]!.value] === 0;
  const isWanted = (): boolean => state === UNKNOWN || (state >= 0 && reads[state]! > 0);

  function place(number: number): void {
    const { isRead, value, until } = items[number]!;
    list.lift(number);
    placed.push(number);
    tops.push(Math.max(number, tops.at(-1) ?? -1));
    bits[number >> 5]! |= 1 << (number & 31);
    if (until < Infinity) left -= 1;
    if (isRead) reads[value]! -= 1;
    else writes[value]! -= 1;
    state = value;
    if (!isWanted()) state = UNWANTED;
  }

  function takeBack(): void {
    const number = placed.pop()!;
    tops.pop();
    const { isRead, value, until } = items[number]!;
    list.restore(number);
    bits[number >> 5]! &= ~(1 << (number & 31));
    if (until < Infinity) left += 1;
    if (isRead) reads[value]! += 1;
    else writes[value]! += 1;
  }

  /** Writes with an answer that nobody is left to return: where none of them ends up is seen. */
  function placeUnread(): boolean {
    let found = false;
    for (let number = list.first(); number >= 0; number = list.nextCalled(number)) {
      if (items[number]!.until === Infinity || !isUnread(number)) continue;
      place(number);
      found = true;
    }
    return found;
  }

  function placeReads(): boolean {
    let found = false;
    for (let number = list.first(); number >= 0; number = list.nextCalled(number)) {
      if (!items[number]!.isRead || items[number]!.value !== state) continue;
      place(number);
      found = true;
    }
    return found;
  }

  return {
    settle: () => {
      if (!isWanted()) state = UNWANTED;
      while (state === UNWANTED ? placeUnread() : placeReads());
    },
    isDone: () => left === 0,
    isNew: () => {
      const key = keyOf(bits, list.firstDefinite(), tops.at(-1) ?? -1, indefinite);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    },
    choices: () => {
      const found: number[] = [];
      // The present value is wanted, and this is its last chance.
      if (state >= 0 && writes[state] === 0) return found;
      let unread = 0;
      const initials = new Set<number>();
      for (let number = list.first(); number >= 0; number = list.nextCalled(number)) {
        const { isRead, value, until } = items[number]!;
        if (isRead) {
          if (state !== UNKNOWN || initials.has(value)) continue;
          initials.add(value);
          found.push(number);
        } else if (!isUnread(number)) found.push(number);
        else if (until < Infinity) unread += 1;
      }
      if (unread > 0 && state !== UNWANTED) found.push(ONLY_UNREAD);
      return found;
    },
    choose: (choice) => {
      if (choice === ONLY_UNREAD) {
        placeUnread();
        return;
      }
      if (!items[choice]!.isRead) placeUnread();
      place(choice);
    },
    mark: () => placed.length,
    state: () => state,
    backTo: (mark, former) => {
      while (placed.length > mark) takeBack();
      state = former;
    },
  };
}

/** The operations that say something, in order of their calls; the number of values; the value at the start. */
function itemsOf({ operations, initial }: KeyHistory): {
  readonly items: readonly Item[];
  readonly values: number;
  readonly initial: number;
} {
  const numbers = new Map<number, number>();
  const numberOf = (value: number): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  const returned = new Set<number>();
  for (const { kind, ending, value } of operations)
    if (kind === "read" && ending === "acknowledged" && value !== undefined) returned.add(value);
  const items: Item[] = [];
  operations.forEach(({ kind, value, from, until, ending }, place) => {
    if (ending === "refused" || value === undefined) return;
    const isAmbiguous = ending === "ambiguous";
    if (isAmbiguous && (kind === "read" || !returned.has(value))) return;
    items.push({ place, isRead: kind === "read", value: numberOf(value), from, until: isAmbiguous ? Infinity : until });
  });
  items.sort((a, b) => a.from - b.from || a.place - b.place);
  const start = initial === undefined ? UNKNOWN : numberOf(initial);
  return { items, values: numbers.size, initial: start };
}

/**
 * The configuration in characters: the first definite item that is not placed, and what is placed beyond it or indefinite. Not the
 * present value: once `settle` is done, whatever comes next is a write.
 */
function keyOf(bits: Uint32Array, firstDefinite: number, top: number, indefinite: readonly number[]): string {
  let key = `${firstDefinite} `;
  for (let word = firstDefinite >> 5; word <= top >> 5; word += 1) key += String.fromCharCode(bits[word]! & 0xffff, bits[word]! >>> 16);
  for (const number of indefinite) {
    if (number >= firstDefinite) break;
    key += ((bits[number >> 5]! >>> (number & 31)) & 1) === 0 ? "0" : "1";
  }
  return key;
}
