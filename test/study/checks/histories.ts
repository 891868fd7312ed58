/** Random histories, and linearizability by trying every order: the checker's plainest twin. */
import type { HistoryOperation, KeyHistory } from "../../../src/simulator/record/history.ts";

interface Dice {
  readonly below: (bound: number) => number;
  readonly chance: (probability: number) => boolean;
}

/** A few clients over few values and instants, so that ties, repeated values and both answers are common. */
export function randomHistory(random: Dice, count: number): KeyHistory {
  const span = 2 + random.below(3 * count);
  const values = 1 + random.below(4);
  const operations = Array.from({ length: count }, (_, process): HistoryOperation => {
    const kind = random.chance(0.5) ? "read" : "write";
    const from = random.below(span);
    const ending = random.chance(0.75) ? "acknowledged" : random.chance(0.8) ? "ambiguous" : "refused";
    // Written values count from 1; values may be written twice, and nobody may have written what is read.
    const value = kind === "write" ? 1 + random.below(values) : ending === "acknowledged" ? random.below(values + 1) : undefined;
    return { process, kind, value, from, until: from + random.below(1 + Math.floor(span / 2)), ending };
  }).sort((a, b) => a.from - b.from);
  return { key: "k", initial: random.chance(0.5) ? undefined : 0, operations };
}

/** What an atomic register answers, written down by clients that overlap: linearizable by its making. Values are all different, or few. */
export function atomicHistory(random: Dice, count: number, clients: number, values = Infinity): KeyHistory {
  const free = Array.from({ length: clients }, () => 0);
  const operations: (HistoryOperation & { readonly effect: number })[] = [];
  for (let i = 0; i < count; i += 1) {
    const process = random.below(clients);
    const from = free[process]! + random.below(5);
    const effect = from + random.below(20);
    const until = effect + random.below(20);
    free[process] = until + 1;
    const isWrite = random.chance(0.5);
    const ending = isWrite && random.chance(0.05) ? "ambiguous" : "acknowledged";
    operations.push({
      process,
      kind: isWrite ? "write" : "read",
      value: isWrite ? 1 + (values < Infinity ? random.below(values) : i) : undefined,
      from,
      until,
      ending,
      effect,
    });
  }
  let value = 0;
  const answered = [...operations]
    .sort((a, b) => a.effect - b.effect)
    .map(({ process, kind, value: written, from, until, ending }): HistoryOperation => {
      if (kind === "write") value = written!;
      return { process, kind, value, from, until, ending };
    });
  return { key: "k", initial: 0, operations: answered.sort((a, b) => a.from - b.from) };
}

/** Tries every order of every choice of what took effect. */
export function isLinearizableByForce({ operations, initial }: KeyHistory): boolean {
  const items = operations.filter(({ ending, kind }) => ending === "acknowledged" || (ending === "ambiguous" && kind === "write"));
  const isDefinite = (item: HistoryOperation): boolean => item.ending === "acknowledged";
  const place = (left: readonly HistoryOperation[], value: number | undefined): boolean => {
    if (!left.some(isDefinite)) return true;
    return left.some((item) => {
      // Whoever ended before its call comes before it.
      if (left.some((other) => isDefinite(other) && other.until < item.from)) return false;
      const rest = left.filter((other) => other !== item);
      if (item.kind === "write") return place(rest, item.value);
      return (value === undefined || value === item.value) && place(rest, item.value);
    });
  };
  return place(items, initial);
}
