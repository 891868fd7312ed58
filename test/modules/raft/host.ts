/**
 * One peer with its disk, as a caller of the module must treat it: writes reach the disk in order, messages wait for the writes
 * they depend on, and a crash leaves what was durable and nothing else. Used by transcripts and by random schedules.
 */
import type * as Raft from "../../../src/modules/raft/index.ts";

type Effect = Raft.Effect;
type Message = Raft.Message;

/** The module under test: the real one, or a mutant of it. */
export type RaftModule = typeof Raft;

export type Write = Extract<Effect, { kind: "persistState" | "persistEntries" | "persistSnapshot" }>;

export interface Disk {
  term: number;
  vote: number;
  snapshot: Raft.Snapshot;
  entries: Raft.Entry[];
}

export interface Host {
  readonly id: number;
  /** `undefined` while the process is down. */
  peer: Raft.Peer | undefined;
  readonly disk: Disk;
  /** Asked for and not durable yet, oldest first; copies. */
  writes: Write[];
  synced: number;
  /** The last place that this incarnation has applied. */
  applied: number;
  /** The last place that was handed to the disk. */
  writtenLast: number;
  /** Messages that wait for writes; copies. */
  held: { readonly after: number; readonly message: Message }[];
}

export function createHost(id: number, membership: Raft.Membership): Host {
  const snapshot = { index: 0, term: 0, membership, size: 0 };
  return {
    id,
    peer: undefined,
    disk: { term: 0, vote: 0, snapshot, entries: [] },
    writes: [],
    synced: 0,
    applied: 0,
    writtenLast: 0,
    held: [],
  };
}

/** The last place that the disk holds for certain. */
export function durableLast(disk: Disk): number {
  return disk.snapshot.index + disk.entries.length;
}

/** The term that the disk holds at `index`; `undefined` if there is none, or a snapshot has it. */
export function durableTerm(disk: Disk, index: number): number | undefined {
  return index === disk.snapshot.index ? disk.snapshot.term : disk.entries[index - disk.snapshot.index - 1]?.term;
}

/** Takes a write, by a copy: the effect is used again. */
export function queueWrite(host: Host, effect: Write): void {
  host.writes.push(effect.kind === "persistEntries" ? { ...effect, entries: effect.entries.slice() } : effect);
  if (effect.kind === "persistEntries") host.writtenLast = effect.first + effect.entries.length - 1;
  else if (effect.kind === "persistSnapshot") host.writtenLast = effect.snapshot.index;
}

/** Does the writes up to `upTo` on the disk. Gives the messages that may leave now. */
export function syncTo(host: Host, upTo: number): Message[] {
  while (host.writes.length > 0 && host.writes[0]!.write <= upTo) doWrite(host.disk, host.writes.shift()!);
  if (upTo > host.synced) host.synced = upTo;
  const free: Message[] = [];
  host.held = host.held.filter((each) => {
    if (each.after > host.synced) return true;
    free.push(each.message);
    return false;
  });
  return free;
}

/** Loses everything but the disk, to which a first part of the writes asked for has made it. Gives how many were lost. */
export function crash(host: Host, kept: number): number {
  for (let i = 0; i < kept; i += 1) doWrite(host.disk, host.writes[i]!);
  const lost = host.writes.length - kept;
  host.peer = undefined;
  host.writes = [];
  host.held = [];
  host.synced = 0;
  host.writtenLast = durableLast(host.disk);
  host.applied = host.disk.snapshot.index;
  return lost;
}

/** The caller's own snapshot is durable as of `index`. */
export function compactDisk(disk: Disk, snapshot: Raft.Snapshot): void {
  if (snapshot.index <= disk.snapshot.index) return;
  disk.entries.splice(0, snapshot.index - disk.snapshot.index);
  disk.snapshot = snapshot;
}

function doWrite(disk: Disk, write: Write): void {
  if (write.kind === "persistState") {
    disk.term = write.term;
    disk.vote = write.vote;
  } else if (write.kind === "persistSnapshot") {
    if (write.snapshot.index <= disk.snapshot.index) return;
    disk.entries.length = 0;
    disk.snapshot = write.snapshot;
  } else {
    const skip = Math.max(0, disk.snapshot.index + 1 - write.first);
    const at = write.first + skip - disk.snapshot.index - 1;
    if (at > disk.entries.length) throw new Error(`a hole on the disk: write at ${write.first}, but it ends at ${durableLast(disk)}`);
    disk.entries.length = at;
    for (let i = skip; i < write.entries.length; i += 1) disk.entries.push(write.entries[i]!);
  }
}
