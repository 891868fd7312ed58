/** Puts the record together once a run has settled: the audit, then outages, then the digest over it all. */
import { createDigest } from "../record/digest.ts";
import type { Fact } from "../record/fact.ts";
import type { Outage, RunRecord, Touched } from "../record/record.ts";
import type { MapSnapshot } from "../strategies/contracts.ts";
import { auditLedger } from "./audit.ts";
import type { Ledger, LostWrite } from "./ledger.ts";
import { computeOutages, stepsOf, type FaultSpan } from "./outages.ts";
import type { Recorder } from "./recorder.ts";
import type { Samples } from "./samples.ts";
import type { RunSpec } from "./spec.ts";
import type { Topology } from "./topology.ts";

export interface FinishInput {
  readonly spec: RunSpec;
  readonly topology: Topology;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly samples: Samples;
  readonly facts: Fact[];
  readonly faults: readonly FaultSpan[];
  readonly openings: readonly (readonly number[])[];
  readonly map: MapSnapshot;
  readonly replicas: readonly (readonly number[])[];
  readonly shards: number;
  readonly from: number;
  readonly until: number;
  readonly now: number;
  readonly quiescent: boolean;
  readonly writableShare: number;
  readonly network: { readonly messages: number; readonly bytes: number };
  readonly storageBytes: number;
  readonly isAlive: (server: number) => boolean;
  readonly isLoaded: (key: number) => boolean;
  readonly singleOrder: boolean;
  readonly waitsForMembers: boolean;
  readonly hasSteps: boolean;
}

/** Where a lineage ended: the epoch that superseded it, when, and the start of the fault that it is charged to. */
interface Fork {
  readonly epoch: number;
  readonly readyAt: number;
  readonly faultAt: number;
}

export function finishRecord(input: FinishInput): RunRecord {
  const { spec, topology, ledger, facts, shards, from, until } = input;
  const counts = { ...ledger.counts };
  const audit = auditLedger({
    ledger,
    ownerOf: (shard) => input.map.owners[shard]!,
    promotable: (shard, server) => !input.waitsForMembers || (input.map.members[shard]! & (1 << input.replicas[shard]!.indexOf(server))) !== 0,
    isAlive: input.isAlive,
    loadedKeys: input.isLoaded,
    counted: () => true,
  });
  const vantages = topology.vantages.length;
  const byShard: Fact[][] = Array.from({ length: shards }, () => []);
  for (const fact of facts) if ("shard" in fact && fact.shard >= 0 && fact.shard < shards) byShard[fact.shard]!.push(fact);
  const forks = Array.from({ length: shards }, (_, shard) => forksOf(byShard[shard]!, shard, input));
  const lostOf: LostWrite[][] = Array.from({ length: shards }, () => []);
  for (const write of audit.lost) lostOf[write.shard]!.push(write);

  const outages: Outage[] = [];
  const touched: Touched[] = [];
  let lossSpan = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    const lost = lostOf[shard]!;
    const fate = new Map<string, "lost" | "doomedLater">();
    for (const write of lost) fate.set(`${write.key}/${write.sentAt}/${write.vantage}`, isDoomedLater(write, forks[shard]!) ? "doomedLater" : "lost");
    lossSpan = Math.max(lossSpan, spanOf(lost.filter((write) => !write.probe), -Infinity, Infinity));
    for (const fork of forks[shard]!) {
      const here = lost.filter((write) => !write.probe && write.epoch < fork.epoch && forks[shard]!.find((candidate) => candidate.epoch > write.epoch) === fork);
      if (here.length === 0) continue;
      facts.push({
        at: fork.readyAt - from,
        kind: "forked",
        shard,
        superseded: Math.max(...here.map((write) => write.epoch)),
        epoch: fork.epoch,
        lossWrites: here.length,
        lossVisible: here.filter((write) => write.visible).length,
        lossSpan: spanOf(here, -Infinity, Infinity),
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
        lost: (row) => (columns.endedAt[row] === Infinity || lost.length === 0 ? "kept" : (fate.get(`${columns.key[row]!}/${columns.sentAt[row]!}/${vantage}`) ?? "kept")),
        openings: input.openings[cell]!,
        faults: input.faults,
        slow: spec.slow,
        from,
        until,
        phasesOf: (openedAt, epoch) => relative(stepsOf(byShard[shard]!, shard, epoch, openedAt - from, input.hasSteps), from),
        epochAt: (at) => ownerAt(byShard[shard]!, at - from),
        electionsIn: (a, b) => byShard[shard]!.filter((fact) => fact.kind === "chosen" && fact.at >= a - from && fact.at <= b - from).length,
        lossOf: (openedAt, closedAt) => lossOf(lost, forks[shard]!, vantage, openedAt, closedAt),
      });
      outages.push(...computed);
      const touching = input.faults.filter((fault) => fault.touches.has(shard));
      if (touching.length > 0) touched.push({ shard, vantage: topology.vantages[vantage]!.name, counts: touching.some((fault) => !fault.isolates.has(cell)) });
    }
  }
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
      servers: topology.servers.map((host) => ({ name: host.name, zone: host.zone, region: host.region, cores: spec.cluster.server.cores })),
      vantages: topology.vantages.map((vantage) => vantage.name),
      singleOrder: input.singleOrder,
    },
    facts,
    outages,
    touched,
    operations: input.recorder.operations(topology.vantages.map((vantage) => vantage.name)),
    windows: input.recorder.windows(),
    data: { ...audit.data, lossSpan },
    requests: { issued: counts.issued, endedOnce: counts.endedOnce, endedTwice: counts.endedTwice, neverEnded: counts.issued - counts.endedOnce },
    network: input.network,
    storageBytes: input.storageBytes,
    hostTime: topology.hosts.filter((host) => host.kind !== "client").length * spec.duration,
    writableShare: input.writableShare,
    endedAt: input.now - from,
    quiescent: input.quiescent,
  };
  return { ...record, digest: digestOf(record) };
}

/** Each newer primary of a shard, with the fault that its taking over is charged to. */
function forksOf(facts: readonly Fact[], shard: number, input: FinishInput): Fork[] {
  const forks: Fork[] = [];
  for (const fact of facts) {
    if (fact.kind !== "ready" || fact.epoch <= 1) continue;
    const readyAt = fact.at + input.from;
    const cause = input.faults.filter((fault) => fault.touches.has(shard) && fault.startAt <= readyAt).at(-1);
    forks.push({ epoch: fact.epoch, readyAt, faultAt: cause?.startAt ?? readyAt });
  }
  return forks.sort((a, b) => a.epoch - b.epoch);
}

/** Sent before the fault that cost it began: the service was well when it was sent. */
function isDoomedLater(write: LostWrite, forks: readonly Fork[]): boolean {
  const fork = forks.find((candidate) => candidate.epoch > write.epoch);
  return fork !== undefined && write.sentAt < fork.faultAt;
}

/** From the oldest to the last acknowledgement among lost writes. */
function spanOf(lost: readonly LostWrite[], from: number, to: number): number {
  let first = Infinity;
  let last = -Infinity;
  for (const write of lost) {
    if (write.ackAt < from || write.ackAt > to) continue;
    first = Math.min(first, write.ackAt);
    last = Math.max(last, write.ackAt);
  }
  return last > first ? last - first : 0;
}

/** The losses of the lineages that ended during an outage, as far as this vantage wrote them. */
function lossOf(lost: readonly LostWrite[], forks: readonly Fork[], vantage: number, openedAt: number, closedAt: number): { writes: number; visible: number; span: number } {
  const ended = forks.filter((fork) => fork.readyAt >= openedAt && fork.readyAt <= closedAt);
  if (ended.length === 0) return { writes: 0, visible: 0, span: 0 };
  const here = lost.filter((write) => !write.probe && ended.includes(forks.find((candidate) => candidate.epoch > write.epoch) ?? NO_FORK));
  const mine = here.filter((write) => write.vantage === vantage);
  if (mine.length === 0) return { writes: 0, visible: 0, span: 0 };
  const oldest = Math.min(...here.map((write) => write.ackAt));
  const newest = Math.max(...here.map((write) => write.ackAt), Math.min(...ended.map((fork) => fork.faultAt)));
  return { writes: mine.length, visible: mine.filter((write) => write.visible).length, span: Math.max(0, newest - oldest) };
}

const NO_FORK: Fork = { epoch: -1, readyAt: -1, faultAt: -1 };

function ownerAt(facts: readonly Fact[], at: number): { epoch: number; server: number } {
  let best = { epoch: 0, server: -1 };
  for (const fact of facts) if (fact.kind === "ready" && fact.at <= at && fact.epoch >= best.epoch) best = { epoch: fact.epoch, server: fact.server };
  return best;
}

function relative(found: ReturnType<typeof stepsOf>, from: number): ReturnType<typeof stepsOf> {
  const move = (at: number | undefined): number | undefined => (at === undefined ? undefined : at + from);
  const { actionable, chosen, ready, visible } = found.steps;
  return { planned: found.planned, steps: { actionable: move(actionable), chosen: move(chosen), ready: move(ready), visible: move(visible) } };
}

/** Over facts, outages, counters and histograms: everything but the header, whose labels do not change what happened. */
function digestOf(record: Omit<RunRecord, "digest">): string {
  const digest = createDigest();
  const { header, ...rest } = record;
  void header;
  add(rest);
  return digest.hex();

  function add(value: unknown): void {
    if (typeof value === "number") digest.number(value);
    else if (typeof value === "string") digest.text(value);
    else if (typeof value === "boolean") digest.int32(value ? 1 : 0);
    else if (Array.isArray(value)) {
      digest.int32(value.length);
      for (const item of value) add(item);
    } else if (typeof value === "object" && value !== undefined) {
      for (const [name, item] of Object.entries(value as object)) {
        digest.text(name);
        add(item);
      }
    }
  }
}
