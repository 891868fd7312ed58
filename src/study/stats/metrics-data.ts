/** What became of the data, from the ledger's audit after settling. */
import type { DataAudit, RunRecord } from "../../simulator/record/record.ts";
import { AUDIT_UNKNOWN, type MetricDefinition, type Unit } from "./metric.ts";
import { distributionMetric } from "./pooled.ts";
import { type MetricValue, absent, unknown, value } from "./sample.ts";

const LOST =
  "A write is lost if it was acknowledged and, after settling, no application of it is in the surviving history: the sequence of entries behind the authoritative replica's state, whether it was overwritten later or not. " +
  "For leaderless and multi-primary replication an acknowledged version is lost if it is neither the value nor a sibling nor was replaced by a kept version that had seen it (or, under last-writer-wins, by one that was not acknowledged before it was sent); a concurrent loser is no loss.";

const UNKNOWN = "Unknown if the run was not quiescent after settling";

export const DATA_METRICS: readonly MetricDefinition[] = [
  count(
    "loss.writes",
    (data) => data.lossWrites,
    `Number of client writes that were acknowledged and lost in the run: the measured RPO in writes. ${LOST} Probes do not count. ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "acknowledged" },
  ),
  count(
    "loss.visible",
    (data) => data.lossVisible,
    `Number of lost writes whose key holds nothing newer: no kept version, ambiguous ones included, was sent after the lost one's acknowledgement or overlaps it. What a reader can notice, and alike for all families of replication. ${LOST} ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "acknowledged" },
  ),
  count(
    "loss.bytes",
    (data) => data.lossBytes,
    `Bytes of the lost writes' values (see loss.writes). ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "acknowledged", unit: "bytes" },
  ),
  count(
    "loss.seconds",
    (data) => data.lossSpan,
    `Microseconds of acknowledged writes that were lost: for an outage, the last acknowledgement by the deposed side (or the fault, if later) less the acknowledgement of its oldest lost write; a run's is its largest, 0 without loss. The measured RPO in time. ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "acknowledged", unit: "time" },
  ),
  count(
    "loss.fallenBack",
    (data) => data.lossFallenBack ?? 0,
    `Number of lost writes (see loss.writes) that a semi-synchronous primary acknowledged while it had fallen back: it had waited for its standbys in vain and went on alone. The rest of loss.writes was lost although it had been acknowledged by standbys. ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "acknowledged" },
  ),
  count(
    "loss.clock",
    (data) => data.lossByClock ?? 0,
    `Number of lost writes (see loss.writes) that an older write won over by its clock: acknowledged before the lost one was sent, and stamped later. Of leaderless and multi-primary replication alone; elsewhere there is no value. ${UNKNOWN}, or if no write was acknowledged.`,
    { needs: "manyOrders" },
  ),
  count(
    "conflicts.discarded",
    (data) => data.conflictsDiscarded ?? 0,
    `Number of acknowledged writes that lost to a concurrent one (neither was acknowledged before the other was sent), which is no loss. Of leaderless and multi-primary replication alone; elsewhere there is no value. ${UNKNOWN}.`,
    { needs: "manyOrders" },
  ),
  count(
    "resurrected.keys",
    (data) => data.resurrectedKeys,
    `Number of keys that were deleted and yet answer with an older value after settling, because the tombstone was lost. ${UNKNOWN}.`,
  ),
  count(
    "phantom.writes",
    (data) => data.phantomWrites,
    `Number of writes that were refused to the client for certain and are yet present after settling. ${UNKNOWN}.`,
  ),
  count(
    "duplicated.writes",
    (data) => data.duplicatedWrites,
    `Number of writes applied twice in one history, although a write keeps its operation id over retries. ${UNKNOWN}.`,
  ),
  count(
    "ambiguous.writes",
    (data) => data.ambiguousWrites,
    `Number of writes without a definite answer by the last deadline: their client cannot know whether they took effect, and either end is legal. ${UNKNOWN}.`,
  ),
  count(
    "ambiguous.present",
    (data) => data.ambiguousPresent,
    `Number of the ambiguous writes (see ambiguous.writes) that did take effect. ${UNKNOWN}.`,
    { better: "neither" },
  ),
  count(
    "stale.reads",
    (data) => data.staleReads,
    `Number of stale reads: sent after the acknowledgement of a kept write, and answered with a version whose write was acknowledged before that write was sent. A read of a write that was lost later is no stale read. ${UNKNOWN}.`,
  ),
  distributionMetric({
    name: "stale.age",
    definition:
      "How old the answers of stale reads were (see stale.reads), in microseconds: from the acknowledgement of the oldest kept write that the answer missed to the sending of the read. A distribution over the stale reads of a run; statistics judge all runs' together, and one run is stood for by its maximum. 0 for a run without a stale read. " +
      `${UNKNOWN}.`,
    unit: "time",
    better: "less",
    filters: [],
    conflicts: [],
    distribution: { statistic: "max", empty: 0, of: (record) => (record.quiescent ? record.data.staleAge : AUDIT_UNKNOWN) },
  }),
  count(
    "splitBrain.writes",
    (data) => data.splitBrainWrites,
    "Number of acknowledged writes appended under an epoch of a shard after the first acknowledgement under a later epoch of it was sent: two primaries took writes over the same stretch of time. Summed over shards. No value for leaderless and multi-primary replication, where that is no fault. " +
      `${UNKNOWN}.`,
    { needs: "singleOrder" },
  ),
  count(
    "splitBrain.seconds",
    (data) => data.splitBrainSpan,
    "Microseconds from the first acknowledgement under a later epoch of a shard to the last append of an acknowledged write under an earlier one, 0 if there was none; summed over shards, overlaps within a shard counted once. No value for leaderless and multi-primary replication. " +
      `${UNKNOWN}.`,
    { needs: "singleOrder", unit: "time" },
  ),
  count(
    "diverged.replicas",
    (data) => data.divergedReplicas,
    `Number of replicas, alive at the end, whose state still differs from the authoritative one after settling. Dead replicas are left out. ${UNKNOWN}, or if no replica could be compared.`,
    { needs: "compared" },
  ),
];

interface CountOptions {
  readonly needs?: "acknowledged" | "compared" | "singleOrder" | "manyOrders";
  readonly unit?: Unit;
  readonly better?: "neither";
}

function count(
  name: string,
  take: (data: DataAudit) => number,
  definition: string,
  { needs, unit = "count", better }: CountOptions = {},
): MetricDefinition {
  const extract = (record: RunRecord): MetricValue => {
    if (needs === "singleOrder" && !record.header.singleOrder) return absent("several servers may take writes at once by design");
    if (needs === "manyOrders" && record.header.singleOrder) return absent("a shard's writes have a single order");
    if (!record.quiescent) return AUDIT_UNKNOWN;
    if (needs === "acknowledged" && record.data.acknowledged === 0)
      return unknown("unexercised", "no write was acknowledged, so none could be lost");
    if (needs === "compared" && record.data.comparedReplicas === 0) return unknown("unexercised", "no live replica could be compared");
    return value(take(record.data));
  };
  return {
    name,
    definition,
    unit,
    better: better ?? "less",
    filters: [],
    conflicts: [],
    over: false,
    extract,
    each: undefined,
    distribution: undefined,
  };
}
