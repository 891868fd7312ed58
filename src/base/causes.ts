/**
 * Causality of versions where nobody's clock decides: dotted version vectors (Preguiça, Baquero, Almeida, Fonte, Gonçalves, "Dotted
 * Version Vectors: Logical Clocks for Optimistic Replication", 2010). A version has a dot of its own, the count of the replica that
 * made it, and the counts that it has seen; dots keep two writes with one old context apart without one sibling for each of
 * the context's.
 */

/** Who made a version, as which of its own for the key, and what it had seen: per maker the highest count. */
export interface Cause {
  readonly actor: number;
  readonly count: number;
  readonly seen: ReadonlyMap<number, number>;
}

/** Had the first seen the second? */
export const hasSeen = (one: Cause, other: Cause): boolean => (one.seen.get(other.actor) ?? 0) >= other.count;

/** Everything that these have seen, and themselves. */
export function contextOf(causes: readonly Cause[]): Map<number, number> {
  const context = new Map<number, number>();
  const raise = (actor: number, count: number): void => {
    if (count > (context.get(actor) ?? 0)) context.set(actor, count);
  };
  for (const { actor, count, seen } of causes) {
    raise(actor, count);
    for (const [other, known] of seen) raise(other, known);
  }
  return context;
}
