/** Which of two versions of a key wins where writes have no single order: the stamp, then what they hold. */
import { hasSeen, type Cause } from "../../base/causes.ts";
import { Kind, type Operations } from "./operations.ts";

/** Does version `a` beat version `b`? Neither beats itself; 0 loses. Given the versions' operations are still known. */
export type Beats = (a: number, b: number) => boolean;

/** A version supersedes what it has seen. */
export function causality({ versions }: Operations): Beats {
  return (a, b) => {
    const [one, other] = [versions.about[a] as Cause | undefined, versions.about[b] as Cause | undefined];
    return a !== b && one !== undefined && other !== undefined && hasSeen(one, other);
  };
}

/**
 * Last writer wins by stamp; of equal stamps a tombstone wins, then the greater content, as in Cassandra's
 * `Cells.reconcile`. An operation's number in the run stands for the content of what it writes: all are different.
 */
export function lastWriterWins({ of, versions }: Operations): Beats {
  return (a, b) => {
    if (a === b || a === 0) return false;
    if (b === 0) return true;
    const difference = versions.note[a]! - versions.note[b]!;
    if (difference !== 0) return difference > 0;
    const [first, second] = [versions.operation[a]!, versions.operation[b]!];
    const isGone = of.kind[first] === Kind.Delete;
    if (isGone !== (of.kind[second] === Kind.Delete)) return isGone;
    return of.serial[first]! > of.serial[second]!;
  };
}
