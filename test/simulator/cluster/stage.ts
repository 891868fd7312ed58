/**
 * A stage for the world: three servers, one actor on each, no load. An actor does what the script says at its times and
 * writes down all that it hears; the times are milliseconds of the run, whose latencies are constant (1 ms between servers).
 */
import type { MachineId } from "../../../src/base/ids.ts";
import {
  Channel,
  ChildChange,
  ConnectionChange,
  Is,
  TransferChange,
  type Input,
  type Io,
  type Machine,
} from "../../../src/base/machine.ts";
import type { Duration } from "../../../src/base/time.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunParts } from "../../../src/simulator/cluster/run.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { PartContext, ReplicaContext } from "../../../src/simulator/strategies/contracts.ts";
import { partsOf } from "./build.ts";
import { constant, ms, s, smallSpec } from "./small-run.ts";

/** An actor's way to do something: its `Io`, and the addresses of the others. */
export interface Hand {
  readonly io: Io;
  readonly actor: (host: number) => MachineId;
  readonly context: PartContext;
}
/** At so many milliseconds, on this server, do this. */
export type Cue = readonly [at: number, host: number, act: (hand: Hand) => void];
/** Who heard what, when (milliseconds). */
export interface Heard {
  readonly at: number;
  readonly host: number;
  readonly what: string;
}

export interface Play {
  readonly heard: readonly Heard[];
  readonly record: RunRecord;
  /** Everything that a server heard, as `at what`. */
  readonly by: (host: number) => string[];
}

type Overrides = Parameters<typeof smallSpec>[0];

export interface Setting {
  readonly faults?: readonly FaultSpec[];
  readonly overrides?: Overrides;
  readonly parts?: Partial<RunParts>;
  /** A replica in an actor's place; undefined for those that stay actors. */
  readonly replica?: (context: ReplicaContext) => Machine | undefined;
  /** Kinds of messages that actors hear beside words. */
  readonly hears?: readonly number[];
  /** Milliseconds; 1 s unless told. */
  readonly duration?: number;
  /** What an actor does on hearing something, beside writing it down. */
  readonly reaction?: (input: Input, hand: Hand) => void;
}

/** The actors stand in the place of the shard's replicas: each has a log, and lives in its server's database process. */
export function play(cues: readonly Cue[], setting: Setting = {}): Play {
  const heard: Heard[] = [];
  const createActor = (context: ReplicaContext): Machine => {
    const host: number = context.server;
    const actor = (other: number): MachineId => context.replicaMachine(context.shard, other as never);
    const named = new Map<number, number>(context.replicasOf(context.shard).map((server) => [actor(server) as number, server]));
    const mine = cues.flatMap((cue, place) => (cue[1] === host ? [{ cue, place }] : []));
    return {
      step: (input, io) => {
        const now: number = io.now();
        const hand: Hand = { io, actor, context };
        if (input.kind === Is.Start)
          for (const { cue, place } of mine) if (ms(cue[0]) > now) io.setTimer(CUES + place, (ms(cue[0]) - now) as Duration);
        const cue = input.kind === Is.Timer && input.id >= CUES ? cues[input.id - CUES] : undefined;
        if (cue !== undefined) return cue[2](hand);
        // Probers ask too when a fault strikes; nobody answers them.
        if (input.kind === Is.Message && input.message !== WORD && setting.hears?.includes(input.message) !== true) return;
        if (input.kind === Is.Connection && input.peer > 2) return;
        heard.push({ at: now / 1_000, host, what: describe(input, io, (machine) => named.get(machine) ?? -1) });
        setting.reaction?.(input, hand);
      },
    };
  };
  const spec = smallSpec({
    warmup: 0 as Duration,
    duration: ms(setting.duration ?? 1_000),
    settle: s(1),
    workload: [],
    data: { tables: [{ name: "users", rows: 1, row: 100, key: "id" }] },
    ...setting.overrides,
  });
  const stood = {
    ...spec,
    faults: setting.faults ?? spec.faults,
    parts: { ...spec.parts, failover: { name: "none", options: {} } },
  };
  const record = simulate(
    stood,
    partsOf(() => ({
      replication: {
        copies: (replicas) => replicas,
        singleOrder: true,
        waitsForMembers: false,
        needed: () => 1,
        createReplica: (context) => setting.replica?.(context) ?? createActor(context),
      },
      ...setting.parts,
    })),
  );
  return { heard, record, by: (host) => heard.filter((each) => each.host === host).map(({ at, what }) => `${at} ${what}`) };
}

/** Timers from here on are cues. */
const CUES = 1_000;
/** Kinds of messages above what parts use: their cost is nothing. */
const WORD = 200;

/** Sends a word: a number that is told back when it is heard. */
export function say({ io, actor }: Hand, to: number, word: number, channel: Channel = Channel.Control): void {
  const slot = io.message();
  io.messages.index[slot] = word;
  io.messages.bytes[slot] = 100;
  io.send(actor(to), channel, WORD, slot);
}

function describe(input: Input, io: Io, nameOf: (machine: number) => number): string {
  switch (input.kind) {
    case Is.Start:
      return `start ${input.incarnation}`;
    case Is.Message:
      return `word ${io.messages.index[input.slot]!} from ${nameOf(input.from)}`;
    case Is.Told:
      return `told ${io.messages.index[input.slot]!}`;
    case Is.Timer:
      return `timer ${input.id}`;
    case Is.Synced:
      return `synced ${input.id} up to ${input.amount}`;
    case Is.Worked:
      return `worked ${input.id}`;
    case Is.Connection:
      return `${input.change === ConnectionChange.Refused ? "refused" : "reset"} by ${input.peer}`;
    case Is.Transfer:
      return `transfer ${input.id} ${input.change === TransferChange.Done ? "done" : input.change === TransferChange.Failed ? "failed" : "progress"} ${input.amount}`;
    case Is.Child:
      return `process ${input.peer} ${input.change === ChildChange.Up ? "up" : "down"}`;
    default:
      return `kind ${input.kind}`;
  }
}

/** A network whose messages take 1 ms between servers, always. */
export const PLAIN: Overrides = {
  cluster: {
    network: {
      sameHost: constant(20),
      sameZone: constant(1_000),
      crossZone: constant(1_000),
      crossRegion: constant(1_000),
      between: [],
      loss: 0,
      retransmission: ms(200),
    },
  },
};
