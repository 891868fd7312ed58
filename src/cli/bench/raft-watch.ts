/**
 * The paper's five safety properties (Figure 3), watched on every step of one group of peers by someone who sees all of them. For
 * measuring what that costs; the tests have a judge of their own.
 */
import { fail } from "../../base/assert.ts";
import type { Effect, Entry, Peer } from "../../modules/raft/index.ts";

export interface Watch {
  readonly before: (peer: Peer) => void;
  readonly after: (peer: Peer) => void;
  readonly effect: (peer: Peer, effect: Effect) => void;
}

export function createWatch(): Watch {
  const leaders = new Map<number, number>();
  /** By place: what was written there in the newest term, and what came before it; and what was committed. */
  const written: { entry: Entry; previous: number }[] = [];
  const committed: Entry[] = [];
  const applied: number[] = [];
  let leading = 0;
  let last = 0;
  let lastTerm = 0;

  const onLeader = (peer: Peer, term: number): void => {
    const other = leaders.get(term);
    if (other !== undefined && other !== peer.id) fail(`election safety: ${other} and ${peer.id} in term ${term}`);
    leaders.set(term, peer.id);
    for (let index = peer.baseIndex() + 1; index < committed.length; index += 1)
      if (peer.entryAt(index) !== committed[index]) fail(`leader completeness: ${peer.id} lacks ${index} in term ${term}`);
  };
  const onEntries = (peer: Peer, first: number, entries: readonly Entry[]): void => {
    let previous = peer.termAt(first - 1) ?? -1;
    for (let i = 0; i < entries.length; i += 1) {
      const entry = entries[i]!;
      const known = written[first + i];
      if (known === undefined || known.entry.term < entry.term) written[first + i] = { entry, previous };
      else if (known.entry.term === entry.term && (known.entry !== entry || (known.previous !== previous && previous >= 0)))
        fail(`log matching: ${peer.id} differs at ${first + i}`);
      previous = entry.term;
    }
  };
  const onCommit = (peer: Peer, first: number, entries: readonly Entry[]): void => {
    if (first !== (applied[peer.id] ?? 0) + 1) fail(`state machine safety: ${peer.id} is given ${first}`);
    applied[peer.id] = first + entries.length - 1;
    for (let i = 0; i < entries.length; i += 1) {
      const known = committed[first + i];
      if (known === undefined) committed[first + i] = entries[i]!;
      else if (known !== entries[i]) fail(`state machine safety: ${peer.id} applies another entry at ${first + i}`);
    }
  };

  return {
    before: (peer) => {
      leading = peer.role() === "leader" ? peer.term() : 0;
      last = peer.lastIndex();
      lastTerm = peer.termAt(last) ?? 0;
    },
    after: (peer) => {
      if (leading === 0 || peer.role() !== "leader" || peer.term() !== leading) return;
      if (peer.lastIndex() < last || peer.termAt(last) !== lastTerm) fail(`leader append-only: ${peer.id} changed its log`);
    },
    effect: (peer, effect) => {
      if (effect.kind === "persistEntries") onEntries(peer, effect.first, effect.entries);
      else if (effect.kind === "commit") onCommit(peer, effect.first, effect.entries);
      else if (effect.kind === "became" && effect.role === "leader") onLeader(peer, effect.term);
    },
  };
}
