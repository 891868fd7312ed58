/** Puts the record together once a run has settled: the audit, then outages, then the digest over it all. */
import { createDigest } from "../record/digest.ts";
import type { Fact } from "../record/fact.ts";
import type { KeyHistory } from "../record/history.ts";
import type { Outage, RunRecord, Touched } from "../record/record.ts";
import { serversIn, type MapSnapshot } from "../strategies/contracts.ts";
import { auditLedger } from "./audit.ts";
import type { Ledger, LostWrite, ShardLedger } from "./ledger.ts";
import { lossesOf, spanOf } from "./losses.ts";
import { computeOutages, stepsOf, type FaultSpan } from "./outages.ts";
import type { Recorder } from "./recorder.ts";
import type { Reduction } from "./redundancy.ts";
import type { Samples } from "./samples.ts";
import type { RunSpec } from "./spec.ts";
import { switchedFacts } from "./switchovers.ts";
import type { Topology } from "./topology.ts";

export interface FinishInput {
  readonly spec: RunSpec;
  readonly topology: Topology;
  readonly ledger: Ledger;
  readonly histories: readonly KeyHistory[] | undefined;
  readonly recorder: Recorder;
  readonly samples: Samples;
  readonly facts: Fact[];
  readonly faults: readonly FaultSpan[];
  readonly openings: readonly (readonly number[])[];
  readonly map: MapSnapshot;
  readonly shards: number;
  /** Servers that are members from the start: the first so many. */
  readonly members: number;
  /** Undefined where the membership never changed. */
  readonly fewestKeys: number | undefined;
  readonly from: number;
  readonly until: number;
  readonly now: number;
  readonly quiescent: boolean;
  readonly writableShare: number;
  readonly reductions: readonly Reduction[];
  readonly network: RunRecord["network"];
  readonly storageBytes: number;
  readonly isAlive: (server: number) => boolean;
  readonly isLoaded: (key: number) => boolean;
  readonly singleOrder: boolean;
  readonly waitsForMembers: boolean;
  readonly appliesLate: boolean;
  /** Is there a failover that must state its steps (b1 to b3)? */
  readonly hasSteps: boolean;
  /** Does the news of a new primary have to be published (b4) before clients find it? */
  readonly isPublished: boolean;
  /** Where the clients of a vantage ask first, by the machine's name; undefined where there is but one place. */
  readonly sourceOf: (vantage: number) => string | undefined;
}

export function finishRecord(input: FinishInput): RunRecord {
  const { spec, topology, ledger, facts, shards, from, until } = input;
  const counts = { ...ledger.counts };
  const audit = auditLedger({
    ledger,
    ownerOf: (shard) => input.map.owners[shard]!,
    promotable: (shard, server) => {
      const masks = input.waitsForMembers ? input.map.members : input.map.standing;
      return serversIn(input.map.replicas[shard]!, masks[shard]!).some((member) => member === server);
    },
    isAlive: input.isAlive,
    appliesLate: input.appliesLate,
    loadedKeys: input.isLoaded,
  });
  const vantages = topology.vantages.length;
  const byShard: Fact[][] = Array.from({ length: shards }, () => []);
  for (const fact of facts) if ("shard" in fact && fact.shard >= 0 && fact.shard < shards) byShard[fact.shard]!.push(fact);
  const lostOf: LostWrite[][] = Array.from({ length: shards }, () => []);
  for (const write of audit.lost) lostOf[write.shard]!.push(write);

  const outages: Outage[] = [];
  const touched: Touched[] = [];
  let lossSpan = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    const lost = lostOf[shard]!;
    const losses = lossesOf(shard, lost, byShard[shard]!, input.faults, from);
    /** Lost writes by their intended send. */
    const lostAt = new Map<number, LostWrite[]>();
    for (const write of lost) {
      const known = lostAt.get(write.sentAt);
      if (known === undefined) lostAt.set(write.sentAt, [write]);
      else known.push(write);
    }
    const elections = byShard[shard]!.filter((fact) => fact.kind === "election" && fact.outcome === "started");
    const choices = elections.length > 0 ? elections : byShard[shard]!.filter((fact) => fact.kind === "chosen");
    const chosenAt = choices.map((fact) => fact.at + from);
    for (const loss of losses.all) {
      const span = spanOf(loss);
      lossSpan = Math.max(lossSpan, span);
      if (loss.epoch === 0) continue;
      facts.push({
        at: loss.endedAt - from,
        kind: "forked",
        shard,
        superseded: loss.writes.reduce((epoch, write) => Math.max(epoch, write.epoch), 0),
        epoch: loss.epoch,
        lossWrites: loss.writes.length,
        lossVisible: loss.writes.filter((write) => write.visible).length,
        lossSpan: span,
      });
    }
    for (let vantage = 0; vantage < vantages; vantage += 1) {
      const cell = shard * vantages + vantage;
      const columns = input.samples.of(shard, vantage);
      const computed = computeOutages({
        shard,
        vantage,
        vantages,
        vantageName: topology.vantages[vantage]!.name,
        samples: columns,
        lost: (row) => {
          const write =
            columns.endedAt[row] === Infinity
              ? undefined
              : lostAt.get(columns.sentAt[row]!)?.find((one) => one.key === columns.key[row] && one.vantage === vantage);
          if (write === undefined) return "kept";
          return losses.isDoomedLater(write) ? "doomedLater" : "lost";
        },
        openings: input.openings[cell]!,
        faults: input.faults,
        slow: spec.slow,
        from,
        until,
        phasesOf: (openedAt, epoch) =>
          relative(stepsOf(byShard[shard]!, shard, epoch, openedAt - from, { ...input, source: input.sourceOf(vantage) }), from),
        epochAt: (at) => ownerAt(byShard[shard]!, at - from),
        electionsIn: (a, b) => chosenAt.filter((at) => at >= a && at <= b).length,
        lossOf: (openedAt, closedAt) => losses.during(vantage, openedAt, closedAt),
      });
      outages.push(...computed);
      const touching = input.faults.filter((fault) => fault.touches.has(shard));
      if (touching.length > 0)
        touched.push({
          shard,
          vantage: topology.vantages[vantage]!.name,
          counts: touching.some((fault) => !fault.isolates.has(cell) && !fault.silences.has(cell)),
        });
    }
  }
  facts.push(...switchedFacts(facts, ledger, from));
  for (const shard of audit.extinct) lossSpan = Math.max(lossSpan, extinctSpan(ledger.shards[shard]!, input.faults));
  outages.sort((a, b) => a.openedAt - b.openedAt || a.shard - b.shard || (a.vantage < b.vantage ? -1 : a.vantage > b.vantage ? 1 : 0));
  facts.sort((a, b) => a.at - b.at);

  const record: Omit<RunRecord, "digest"> = {
    header: {
      scenario: spec.scenario,
      strategy: spec.strategy,
      seed: spec.seed,
      repeat: spec.repeat,
      version: spec.version,
      key: spec.key,
      warmup: spec.warmup,
      duration: spec.duration,
      settle: spec.settle,
      slow: spec.slow,
      shards,
      servers: topology.servers.map((host) => ({
        name: host.name,
        zone: host.zone,
        region: host.region,
        cores: (host.server ?? spec.cluster.server).cores,
        ...(host.id >= input.members ? { joins: true as const } : {}),
      })),
      vantages: topology.vantages.map((vantage) => vantage.name),
      singleOrder: input.singleOrder,
    },
    facts,
    outages,
    touched,
    operations: input.recorder.operations(topology.vantages.map((vantage) => vantage.name)),
    windows: input.recorder.windows(),
    data: { ...audit.data, lossSpan, ...fallenBack(facts, audit.lost, from) },
    ...(input.histories === undefined ? {} : { histories: input.histories }),
    requests: {
      issued: counts.issued,
      endedOnce: counts.endedOnce,
      endedTwice: counts.endedTwice,
      neverEnded: counts.issued - counts.endedOnce,
    },
    network: input.network,
    storageBytes: input.storageBytes,
    hostTime: hostTime(input),
    writableShare: input.writableShare,
    reductions: input.reductions.map((one) => ({
      shard: one.shard,
      openedAt: one.from - from,
      closedAt: (one.until ?? until) - from,
      isOpen: one.until === undefined,
    })),
    ...(input.fewestKeys === undefined ? {} : { movement: { fewestKeys: input.fewestKeys } }),
    endedAt: input.now - from,
    quiescent: input.quiescent,
  };
  return { ...record, digest: digestOf(record) };
}

/** Lost writes that were acknowledged by a primary while it went on without its standbys. */
function fallenBack(facts: readonly Fact[], lost: readonly LostWrite[], from: number): { lossFallenBack?: number } {
  const stretches: { readonly shard: number; readonly server: number; readonly begin: number; end: number }[] = [];
  for (const fact of facts) {
    if (fact.kind !== "fallback" && fact.kind !== "demoted") continue;
    const { shard, server } = fact;
    if (fact.kind === "fallback" && fact.phase === "begin") stretches.push({ shard, server, begin: fact.at + from, end: Infinity });
    else for (const one of stretches) if (one.shard === shard && one.server === server) one.end = Math.min(one.end, fact.at + from);
  }
  if (stretches.length === 0) return {};
  const ownerOf = (shard: number, epoch: number): number => {
    for (const fact of facts) if (fact.kind === "ready" && fact.shard === shard && fact.epoch === epoch) return fact.server;
    return -1;
  };
  const counted = lost.filter(
    (write) =>
      !write.probe &&
      stretches.some(
        ({ shard, server, begin, end }) =>
          shard === write.shard && server === ownerOf(shard, write.epoch) && write.ackAt >= begin && write.sentAt <= end,
      ),
  );
  return { lossFallenBack: counted.length };
}

/** Hosts are paid for over measured time; those that join, from then on. Clients are not. */
function hostTime({ topology, spec, facts, members }: FinishInput): number {
  let time = 0;
  for (const { kind, id } of topology.hosts) {
    if (kind === "client") continue;
    const joined =
      id < members || kind !== "server"
        ? undefined
        : facts.find((fact) => fact.kind === "membership" && fact.change === "add" && fact.servers.includes(id));
    const from = kind !== "server" || id < members ? 0 : (joined?.at ?? spec.duration);
    time += Math.max(0, spec.duration - Math.max(0, from));
  }
  return time;
}

/** A shard that nobody survived: all that was ever acknowledged there, up to the last or the fault, if that was later. */
function extinctSpan(shard: ShardLedger, faults: readonly FaultSpan[]): number {
  if (shard.acknowledgedWrites === 0) return 0;
  const faultAt = faults.filter((fault) => fault.touches.has(shard.shard)).at(-1)?.startAt ?? -Infinity;
  return Math.max(shard.lastAckAt, faultAt) - shard.firstAckAt;
}

function ownerAt(facts: readonly Fact[], at: number): { epoch: number; server: number } {
  let best = { epoch: 0, server: -1 };
  for (const fact of facts)
    if (fact.kind === "ready" && fact.at <= at && fact.epoch >= best.epoch) best = { epoch: fact.epoch, server: fact.server };
  return best;
}

function relative(found: ReturnType<typeof stepsOf>, from: number): ReturnType<typeof stepsOf> {
  const move = (at: number | undefined): number | undefined => (at === undefined ? undefined : at + from);
  const { actionable, chosen, ready, visible } = found.steps;
  return {
    planned: found.planned,
    steps: { actionable: move(actionable), chosen: move(chosen), ready: move(ready), visible: move(visible) },
  };
}

/** Over facts, outages, counters and histograms: everything but the header, whose labels do not change what happened, and totals' parts. */
function digestOf(record: Omit<RunRecord, "digest">): string {
  const digest = createDigest();
  add({ ...record, header: undefined, network: { messages: record.network.messages, bytes: record.network.bytes } });
  return digest.hex();

  function add(value: unknown): void {
    if (typeof value === "number") digest.number(value);
    else if (typeof value === "string") digest.text(value);
    else if (typeof value === "boolean") digest.int32(value ? 1 : 0);
    else if (Array.isArray(value)) {
      digest.int32(value.length);
      for (const item of value) add(item);
    } else if (typeof value === "object") {
      for (const [name, item] of Object.entries(value ?? {})) {
        digest.text(name);
        add(item);
      }
    }
  }
}
