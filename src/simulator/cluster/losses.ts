/**
 * What cost each lost write: the lineage it was acknowledged in ended where a newer primary began (a fork), or, without
 * one, at the fault that took it from its replica. From that follow the size of each loss in time, which outage it
 * belongs to, and whether the service was well when the write was sent.
 */
import type { Fact } from "../record/fact.ts";
import type { LostWrite } from "./ledger.ts";
import type { FaultSpan } from "./outages.ts";

/** Lost writes, probes left out, with one cause. */
export interface Loss {
  /** The epoch that superseded theirs, or 0: no newer primary took over. */
  readonly epoch: number;
  /** True instant at which their lineage ended: the newer primary was ready, or the fault struck. */
  readonly endedAt: number;
  /** Start of the fault it is charged to; undefined without one. */
  readonly faultAt: number | undefined;
  readonly writes: LostWrite[];
}

export interface Losses {
  readonly all: readonly Loss[];
  /** Sent before the fault that cost it began. */
  readonly isDoomedLater: (write: LostWrite) => boolean;
  /** Of one vantage's outage: its lost writes that belong to no earlier outage, and the span of the losses they are in. */
  readonly during: (
    vantage: number,
    openedAt: number,
    closedAt: number,
  ) => { readonly writes: number; readonly visible: number; readonly span: number };
}

/** `facts` are the shard's own, `from` the start of measured time; instants are true ones. */
export function lossesOf(
  shard: number,
  lost: readonly LostWrite[],
  facts: readonly Fact[],
  faults: readonly FaultSpan[],
  from: number,
): Losses {
  const strikes = faults.filter((fault) => fault.touches.has(shard)).map((fault) => fault.startAt);
  const forks = forksOf(facts, strikes, from);
  const all: Loss[] = [];
  const lossOf = new Map<LostWrite, Loss>();
  for (const write of lost) {
    const cause = forks.find((fork) => fork.epoch > write.epoch) ?? withoutFork(write, strikes);
    let loss = all.find((candidate) => candidate.epoch === cause.epoch && candidate.endedAt === cause.endedAt);
    if (loss === undefined) {
      loss = { ...cause, writes: [] };
      all.push(loss);
    }
    lossOf.set(write, loss);
    if (!write.probe) loss.writes.push(write);
  }
  const counted = new Set<LostWrite>();

  return {
    all: all.filter((loss) => loss.writes.length > 0),
    isDoomedLater: (write) => write.sentAt < (lossOf.get(write)!.faultAt ?? lossOf.get(write)!.endedAt),
    during: (vantage, openedAt, closedAt) => {
      const mine = lost.filter((write) => {
        if (write.probe || write.vantage !== vantage || write.sentAt >= closedAt || counted.has(write)) return false;
        const { endedAt } = lossOf.get(write)!;
        return write.sentAt >= openedAt || (endedAt >= openedAt && endedAt <= closedAt);
      });
      for (const write of mine) counted.add(write);
      const spans = [...new Set(mine.map((write) => lossOf.get(write)!))].map(spanOf);
      return { writes: mine.length, visible: mine.filter((write) => write.visible).length, span: Math.max(0, ...spans) };
    },
  };
}

/** From the acknowledgement of the oldest lost write to the last by the deposed side, or to the fault if that was later. */
export function spanOf(loss: Loss): number {
  let oldest = Infinity;
  let last = loss.faultAt ?? -Infinity;
  for (const write of loss.writes) {
    oldest = Math.min(oldest, write.ackAt);
    last = Math.max(last, write.ackAt);
  }
  return Math.max(0, last - oldest);
}

/** Each change of primary, by epoch, charged to the latest fault that had started when the newer one was ready. */
function forksOf(facts: readonly Fact[], strikes: readonly number[], from: number): Omit<Loss, "writes">[] {
  const forks: Omit<Loss, "writes">[] = [];
  let server = -1;
  const ready = facts.filter((fact) => fact.kind === "ready").sort((a, b) => a.epoch - b.epoch || a.at - b.at);
  for (const fact of ready) {
    // The same primary under a newer epoch goes on with its own lineage.
    if (fact.server === server) continue;
    if (server >= 0) {
      const endedAt = fact.at + from;
      forks.push({ epoch: fact.epoch, endedAt, faultAt: strikes.filter((at) => at <= endedAt).at(-1) });
    }
    server = fact.server;
  }
  return forks;
}

/** No newer primary: the next fault after its sending took it; without a fault, it was gone when it was acknowledged. */
function withoutFork(write: LostWrite, strikes: readonly number[]): Omit<Loss, "writes"> {
  const faultAt = strikes.find((at) => at > write.sentAt);
  return { epoch: 0, endedAt: faultAt ?? -Infinity, faultAt };
}
