/**
 * The log of one peer (Ongaro and Ousterhout 2014, sections 5.3 and 7): its entries after the compacted prefix, what of them
 * has been handed to the disk, and what the disk has confirmed. Terms never fall along a log, which searches rely on.
 */
import type { Entry, Index, Term } from "./entry.ts";

export interface Log {
  /** The last compacted place and its term; (0, 0) before the first compaction. */
  baseIndex: Index;
  baseTerm: Term;
  /** Entry `baseIndex + 1 + i` at place i. */
  readonly entries: Entry[];
  /** The first place not yet handed to the disk; `Infinity` if all is. */
  writeFrom: Index;
  /** The last place that is certainly durable as it stands. */
  stable: Index;
  /** Writes in flight, oldest first: their numbers, and the last place that each makes durable. */
  readonly writes: number[];
  readonly writesLast: Index[];
}

/** A log as the disk holds it. */
export function createLog(baseIndex: Index, baseTerm: Term, entries: readonly Entry[]): Log {
  const stable = baseIndex + entries.length;
  return { baseIndex, baseTerm, entries: entries.slice(), writeFrom: Infinity, stable, writes: [], writesLast: [] };
}

/** The last place in use; `baseIndex` if the log is empty. */
export function lastIndex(log: Log): Index {
  return log.baseIndex + log.entries.length;
}

/** The term of the last entry. */
export function lastTerm(log: Log): Term {
  const { entries } = log;
  return entries.length === 0 ? log.baseTerm : entries[entries.length - 1]!.term;
}

/** The term at `index`, or `undefined` if that place is compacted away or not in use. */
export function termAt(log: Log, index: Index): Term | undefined {
  if (index === log.baseIndex) return log.baseTerm;
  return log.entries[index - log.baseIndex - 1]?.term;
}

/** The entry at `index`, or `undefined` if that place is compacted away or not in use. */
export function entryAt(log: Log, index: Index): Entry | undefined {
  return log.entries[index - log.baseIndex - 1];
}

/** Adds `entry` at the end. Gives its place. */
export function append(log: Log, entry: Entry): Index {
  log.entries.push(entry);
  const index = lastIndex(log);
  log.writeFrom = Math.min(log.writeFrom, index);
  return index;
}

/** Drops everything from `first` on: it conflicts with a leader's log (section 5.3), whose entry is to be appended in its place. */
export function truncate(log: Log, first: Index): void {
  log.entries.length = first - log.baseIndex - 1;
  // A write in flight may still report: what it wrote at `first` and after is no longer what stands there.
  log.stable = Math.min(log.stable, first - 1);
  for (let i = 0; i < log.writesLast.length; i += 1) log.writesLast[i] = Math.min(log.writesLast[i]!, first - 1);
}

/** Records that everything up to the end was handed to the disk as `write`. */
export function handedOver(log: Log, write: number): void {
  log.writeFrom = Infinity;
  log.writes.push(write);
  log.writesLast.push(lastIndex(log));
}

/** Records that all writes up to `write` are durable. Each makes as much durable as the one before it, or more. */
export function confirm(log: Log, write: number): void {
  while ((log.writes[0] ?? Infinity) <= write) {
    log.writes.shift();
    log.stable = log.writesLast.shift()!;
  }
}

/** Forgets the entries up to `index`, of term `term`, which a snapshot holds (section 7). */
export function compact(log: Log, index: Index, term: Term): void {
  log.entries.splice(0, index - log.baseIndex);
  log.baseIndex = index;
  log.baseTerm = term;
}

/** Replaces the whole log by a snapshot that ends at `index`. Durable once `write` is. */
export function restore(log: Log, index: Index, term: Term, write: number): void {
  log.entries.length = 0;
  log.baseIndex = index;
  log.baseTerm = term;
  log.writeFrom = Infinity;
  log.stable = 0;
  log.writesLast.fill(0);
  log.writes.push(write);
  log.writesLast.push(index);
}

/** "At least as up-to-date" (section 5.4.1): whether a log that ends so may outrank this one in an election. */
export function isUpToDate(log: Log, candidateLastIndex: Index, candidateLastTerm: Term): boolean {
  const mine = lastTerm(log);
  return candidateLastTerm > mine || (candidateLastTerm === mine && candidateLastIndex >= lastIndex(log));
}

/**
 * The last place at or before `index` whose term is at most `term`; never before the compacted prefix. Both sides of a
 * refused append use it to step back over whole terms at once (the optimisation at the end of section 5.3).
 */
export function lastIndexOfTermAtMost(log: Log, index: Index, term: Term): Index {
  let low = log.baseIndex;
  let high = Math.max(low, Math.min(index, lastIndex(log)));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (termAt(log, middle)! <= term) low = middle;
    else high = middle - 1;
  }
  return low;
}
