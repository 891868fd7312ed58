/** One peer under a microscope: it is told one thing at a time, and what it wants is looked at. */
import type * as Raft from "../../../src/modules/raft/index.ts";
import type { RaftModule } from "./host.ts";

type Kind = Raft.Effect["kind"];
type EffectOf<K extends Kind> = Extract<Raft.Effect, { kind: K }>;
type MessageKind = Raft.Message["kind"];
type MessageOf<K extends MessageKind> = Extract<Raft.Message, { kind: K }>;
/** A message without its envelope: it comes from 2 to 1 unless it says otherwise. */
type Told = {
  [K in MessageKind]: Omit<MessageOf<K>, "from" | "to" | "round" | "sentAt"> & { from?: number; round?: number; sentAt?: number };
}[MessageKind];

export interface Rig {
  readonly peer: Raft.Peer;
  /** Effects of the last step. */
  readonly did: () => readonly Raft.Effect[];
  readonly effects: <K extends Kind>(kind: K) => readonly EffectOf<K>[];
  readonly sent: <K extends MessageKind>(kind: K) => readonly MessageOf<K>[];
  readonly tell: (message: Told) => Rig;
  readonly step: (input: Raft.Input) => Rig;
  /** All writes asked for are durable. */
  readonly sync: () => Rig;
  readonly wait: (time: number) => Rig;
  /** To its deadline. */
  readonly timeout: () => Rig;
  /** Makes it leader of the next term, its own entry durable here and confirmed by 2 up to the end if `settled`. */
  readonly lead: (settled?: boolean) => Rig;
}

export interface RigSettings {
  readonly id?: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly term?: number;
  readonly vote?: number;
  /** The terms of its log. */
  readonly log?: readonly number[];
  readonly options?: Partial<Raft.Options>;
  readonly random?: { uniform: () => number; below: (bound: number) => number };
}

export const TIMING: Raft.Timing = { kind: "exact", electionMin: 150, electionMax: 300, heartbeat: 50 };

export function rig(raft: RaftModule, settings: RigSettings = {}): Rig {
  const effects = raft.createEffects();
  const membership = { voters: settings.voters ?? [1, 2, 3], outgoing: [], learners: settings.learners ?? [], learnersNext: [] };
  const entries = entriesOf(settings.log ?? []);
  const durable = { term: settings.term ?? 0, vote: settings.vote ?? 0, snapshot: { index: 0, term: 0, membership, size: 0 }, entries };
  const random = settings.random ?? { uniform: () => 0, below: () => 0 };
  const peer = raft.createPeer(settings.id ?? 1, { ...OPTIONS, ...settings.options }, durable, 0, random);
  let did: Raft.Effect[] = [];
  let now = 0;
  let writes = 0;

  const step = (input: Raft.Input): Rig => {
    peer.step(now, input, effects);
    did = effects.list.map((effect) => {
      if (effect.kind === "send") return { ...effect, message: raft.copyMessage(effect.message) };
      if (effect.kind === "persistEntries" || effect.kind === "commit") return { ...effect, entries: effect.entries.slice() };
      return { ...effect };
    });
    for (const effect of did) if ("write" in effect) writes = effect.write;
    effects.clear();
    return it;
  };

  const it: Rig = {
    peer,
    did: () => did,
    effects: <K extends Kind>(kind: K) => did.filter((effect): effect is EffectOf<K> => effect.kind === kind),
    sent: <K extends MessageKind>(kind: K) =>
      did
        .flatMap((effect) => (effect.kind === "send" ? [effect.message] : []))
        .filter((message): message is MessageOf<K> => message.kind === kind),
    tell: (message) => step({ kind: "message", message: { from: 2, to: peer.id, round: 0, sentAt: now, ...message } as Raft.Message }),
    step,
    sync: () => step({ kind: "synced", write: writes }),
    wait: (time) => {
      now += time;
      return it;
    },
    timeout: () => {
      now = Math.max(now, peer.deadline());
      return step({ kind: "timer" });
    },
    lead: (settled = true) => {
      it.timeout().sync();
      const last = did;
      it.tell({ kind: "voteResponse", term: peer.term(), granted: true });
      if (!settled) return it;
      did = last;
      return it.sync().tell({ kind: "appendAccepted", term: peer.term(), match: peer.lastIndex() });
    },
  };
  return it;
}

export function entriesOf(terms: readonly number[]): Raft.Entry[] {
  return terms.map((term, i) => ({ kind: "command", term, size: 10, command: `${i}` }));
}

/** An entry of term 1 that puts a membership in force. */
export function membershipEntry(
  voters: readonly number[],
  outgoing: readonly number[],
  learners: readonly number[] = [],
  learnersNext: readonly number[] = [],
): Raft.Entry {
  return { kind: "membership", term: 1, size: 16, membership: { voters, outgoing, learners, learnersNext } };
}

const OPTIONS: Raft.Options = {
  timing: TIMING,
  preVote: false,
  checkQuorum: false,
  reads: { kind: "readIndex" },
  eagerCommit: false,
  entryBytesMax: 100,
  uncommittedBytesMax: 1_000,
  messageEntriesMax: 100,
  messageBytesMax: 10_000,
  inflightMessagesMax: 10,
  inflightBytesMax: 10_000,
  snapshotChunkBytes: 10,
  catchUpRounds: 0,
};

/** Messages without their terms and whatever else a claim is about. */
export const KNOWN = { kind: "append", prevIndex: 0, prevTerm: 0, entries: [], commit: 0 } as const;
export const HEARTBEAT = { kind: "heartbeat", commit: 0 } as const;
export const GRANTED = { kind: "voteResponse", granted: true } as const;
export const CHUNK = {
  kind: "snapshot",
  term: 1,
  indexTerm: 1,
  membership: { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [] },
  offset: 0,
  data: "bytes",
} as const;
