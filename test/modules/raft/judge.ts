/**
 * The paper's five safety properties (Figure 3) and four more, checked on every effect of every peer, by someone who sees all:
 * what no peer knows. Each breach throws `Breach` with the property's name.
 */
import type * as Raft from "../../../src/modules/raft/index.ts";
import { durableLast, durableTerm } from "./host.ts";
import type { Disk, Host } from "./host.ts";

export type Property =
  | "Election Safety"
  | "Leader Append-Only"
  | "Log Matching"
  | "Leader Completeness"
  | "State Machine Safety"
  /** Votes and terms survive crashes: one vote a term, whoever asks. */
  | "One Vote"
  /** What is committed is on the disks of a quorum. */
  | "Durability"
  /** A finished read shows all that was committed when it was asked. */
  | "Linearizable Read"
  /** What clients were told of each key, from the first step to the last, has an order that explains it. */
  | "Linearizable History"
  /** Once faults stop, a leader commits and all members follow. */
  | "Liveness"
  /** An assertion of the module itself, or of the disk. */
  | "Assertion";

export class Breach extends Error {
  override readonly name = "Breach";
  readonly property: Property;
  constructor(property: Property, message: string) {
    super(`${property}: ${message}`);
    this.property = property;
  }
}

interface Committed {
  readonly entry: Raft.Entry;
  /** The lowest term of a leader known to have committed it. */
  term: number;
}

export interface Judge {
  /** Before and after a step of `host`: what a leader may not do to its log. */
  readonly before: (host: Host) => void;
  readonly after: (host: Host) => void;
  readonly effect: (host: Host, hosts: readonly Host[], effect: Raft.Effect) => void;
  /** A message leaves: what it depends on is durable, or should be. */
  readonly released: (message: Raft.Message) => void;
  readonly asked: (token: number) => void;
  /** The highest place committed anywhere. */
  readonly committedLast: () => number;
  readonly entryAt: (index: number) => Raft.Entry | undefined;
  readonly counts: { reads: number; leaseReads: number; leaders: number };
}

const KEY = 1_048_576;

/** With `leavesReads`, stale reads are left to the histories. */
export function createJudge(leavesReads = false): Judge {
  const committed: Committed[] = [];
  const log = new Map<number, { readonly entry: Raft.Entry; readonly prevTerm: number }>();
  const leaders = new Map<number, number>();
  const votes = new Map<number, number>();
  const reads = new Map<number, number>();
  const counts = { reads: 0, leaseReads: 0, leaders: 0 };
  let leading = 0;
  let last = 0;
  let lastTerm = 0;

  const onLeader = (host: Host, term: number): void => {
    const other = leaders.get(term);
    if (other !== undefined && other !== host.id) throw new Breach("Election Safety", `${other} and ${host.id} both lead in term ${term}`);
    leaders.set(term, host.id);
    counts.leaders += 1;
    const peer = host.peer!;
    for (let index = peer.baseIndex() + 1; index < committed.length; index += 1) {
      const { entry, term: of } = committed[index]!;
      if (of < term && peer.entryAt(index) !== entry)
        throw new Breach(
          "Leader Completeness",
          `${host.id} leads term ${term} without entry ${index} of term ${entry.term}, committed in ${of}`,
        );
    }
  };

  const onEntries = (host: Host, first: number, entries: readonly Raft.Entry[]): void => {
    let prevTerm = host.peer!.termAt(first - 1) ?? -1;
    entries.forEach((entry, i) => {
      if (entry.term < prevTerm) throw new Breach("Log Matching", `${host.id} has term ${entry.term} after ${prevTerm} at ${first + i}`);
      const key = (first + i) * KEY + entry.term;
      const known = log.get(key);
      if (known === undefined) log.set(key, { entry, prevTerm });
      else if (known.entry !== entry || (known.prevTerm !== prevTerm && prevTerm !== -1 && known.prevTerm !== -1))
        throw new Breach("Log Matching", `${host.id} and another differ at or before ${first + i}, term ${entry.term}`);
      prevTerm = entry.term;
    });
  };

  const onCommit = (host: Host, hosts: readonly Host[], first: number, entries: readonly Raft.Entry[]): void => {
    const term = host.peer!.term();
    if (first !== host.applied + 1) throw new Breach("State Machine Safety", `${host.id} is given ${first} to apply after ${host.applied}`);
    host.applied += entries.length;
    entries.forEach((entry, i) => {
      const known = committed[first + i];
      if (known === undefined) committed[first + i] = { entry, term };
      else if (known.entry !== entry)
        throw new Breach(
          "State Machine Safety",
          `${host.id} applies term ${entry.term} at ${first + i}, another applied term ${known.entry.term}`,
        );
      else if (term < known.term) known.term = term;
    });
    if (host.peer!.role() !== "leader") return;
    const index = first + entries.length - 1;
    const { voters, outgoing } = host.peer!.membership();
    // A membership that this very commit lets through is judged by the next.
    if (entries.some((entry) => entry.kind === "membership")) return;
    for (const side of [voters, outgoing]) {
      const holding = side.filter((id) => holds(hosts.find((each) => each.id === id)!.disk, index, entries.at(-1)!.term)).length;
      if (side.length > 0 && holding * 2 <= side.length)
        throw new Breach("Durability", `${host.id} commits ${index}, which ${holding} of ${side.length} disks hold`);
    }
  };

  const onMessage = (message: Raft.Message): void => {
    const { from } = message;
    const vote = message.kind === "voteRequest" ? from : message.kind === "voteResponse" && message.granted ? message.to : undefined;
    if (vote === undefined) return;
    const key = message.term * 64 + from;
    const known = votes.get(key);
    if (known !== undefined && known !== vote)
      throw new Breach("One Vote", `${from} votes for ${known} and ${vote} in term ${message.term}`);
    votes.set(key, vote);
  };

  const onRead = (host: Host, token: number, index: number): void => {
    const atLeast = reads.get(token);
    if (atLeast === undefined) throw new Breach("Linearizable Read", `read ${token} is answered and was not asked`);
    reads.delete(token);
    if (index < atLeast && !leavesReads)
      throw new Breach("Linearizable Read", `${host.id} reads at ${index}, but ${atLeast} was committed when it was asked`);
  };

  return {
    before: ({ peer }) => {
      leading = peer!.role() === "leader" ? peer!.term() : 0;
      last = peer!.lastIndex();
      lastTerm = peer!.termAt(last)!;
    },
    after: ({ id, peer }) => {
      if (leading === 0 || peer!.role() !== "leader" || peer!.term() !== leading) return;
      const now = peer!.termAt(last);
      if (peer!.lastIndex() < last || (now !== undefined && now !== lastTerm))
        throw new Breach("Leader Append-Only", `${id} changed what it had at ${last}`);
    },
    effect: (host, hosts, effect) => {
      if (effect.kind === "became" && effect.role === "leader") onLeader(host, effect.term);
      else if (effect.kind === "persistEntries") {
        if (leading === host.peer!.term() && host.peer!.role() === "leader" && effect.first <= host.writtenLast)
          throw new Breach("Leader Append-Only", `${host.id} writes over ${effect.first}, ${host.writtenLast} was written`);
        onEntries(host, effect.first, effect.entries);
      } else if (effect.kind === "commit") onCommit(host, hosts, effect.first, effect.entries);
      else if (effect.kind === "readable") {
        counts[effect.by === "lease" ? "leaseReads" : "reads"] += 1;
        onRead(host, effect.token, effect.index);
      }
    },
    released: onMessage,
    asked: (token) => void reads.set(token, committed.length - 1),
    committedLast: () => Math.max(0, committed.length - 1),
    entryAt: (index) => committed[index]?.entry,
    counts,
  };
}

/** Whether `disk` surely has the entry of `term` at `index`. */
function holds(disk: Disk, index: number, term: number): boolean {
  if (index <= disk.snapshot.index) return true;
  return index <= durableLast(disk) && durableTerm(disk, index) === term;
}
