/** Outages, recovery and availability, as functions of a record's outages, touched places and facts. */
import { mean } from "simple-statistics";
import type { Outage, Phases, RunRecord } from "../../simulator/record/record.ts";
import { AUDIT_UNKNOWN, type MetricDefinition, type MetricWhere, type Over, seenFrom, windowRange } from "./metric.ts";
import { type MetricValue, type Observed, absent, censored, isMetricValue, lowerEnd, order, unknown, value } from "./sample.ts";

const PLACE_FILTERS = ["shard", "vantage", "window"] as const;

const OUTAGE =
  "An outage of a shard as seen from a vantage opens when a fault stops, pauses or cuts off the host that answered its last write, else at the sending of the first write or probe that is not good " +
  "(acknowledged within `slow` of its intended send, and kept); it closes at the first kept acknowledgement that is followed by 1 s in which at least half of the writes and probes sent are good.";

const plain = { filters: [], conflicts: [], over: false, each: undefined, distribution: undefined } as const;

export const RECOVERY_METRICS: readonly MetricDefinition[] = [
  {
    ...plain,
    name: "recovery.time",
    definition:
      `Microseconds of the run's longest outage that a fault caused, over all shards and vantages (over: max; over: mean takes the mean of every touched shard and vantage's longest; over: each keeps them apart and only draws distributions). ${OUTAGE} ` +
      "A touched shard and vantage without an outage counts as 0. Left out: outages without a fault (overload), vantages that the network alone kept from a majority of the shard's live replica hosts (recovery.isolated), and vantages whose client hosts were all down. " +
      'Still out at the end of measured time is censored, "at least t": it orders above every number, quantiles and the maximum treat it as infinite, a mean is refused and the restricted mean shown. Unknown only if no fault touched any shard or the audit is unknown. ' +
      "With `window`, only outages that open in it. It does not say that no data was lost: see loss.writes.",
    unit: "time",
    better: "less",
    filters: PLACE_FILTERS,
    over: true,
    extract: (record, where, over) => {
      const values = placeValues(record, where);
      return isMetricValue(values) ? values : combine(values, over);
    },
    each: (record, where) => {
      const values = placeValues(record, where);
      return isMetricValue(values) ? [values] : values;
    },
  },
  ...phase(
    "detection",
    "from its opening until the suspicion could be acted upon (enough observers agreed, the lock expired, the election series began)",
  ),
  ...phase("decision", "from then until a successor was chosen and its epoch claimed; an operator's delay counts here"),
  ...phase("promotion", "from then until the successor would accept a write of this vantage"),
  ...phase(
    "publication",
    "from then until the new owner was visible where this vantage's router learns it; 0 where the strategy has no such step",
  ),
  ...phase(
    "reconnection",
    "from then until the closing acknowledgement: clients learn the new owner, connect and retry. The whole outage, where another replica or coordinator answered without a new epoch",
  ),
  ...phase("return", "the whole outage, where the same epoch came back; 0 for a failover"),
  {
    ...plain,
    name: "recovery.isolated",
    definition:
      "Microseconds of the run's longest outage as seen from a vantage that the network alone kept from a majority of the shard's live replica hosts, so that no strategy could have served it. A line under the table and the timeline's title say so; recovery.time leaves these out. " +
      "Censored if still open at the end of measured time; no value if no such outage was seen; unknown if the audit is.",
    unit: "time",
    better: "less",
    filters: PLACE_FILTERS,
    extract: (record, where) => {
      if (!record.quiescent) return AUDIT_UNKNOWN;
      const found = longest(record.outages.filter((one) => one.isolated && selects(where, one)));
      return found === undefined ? absent("no isolated vantage saw an outage") : lengthOf(found);
    },
  },
  {
    ...plain,
    name: "recovery.redundancy",
    definition:
      "Microseconds of the run's longest stretch in which a shard that a fault touched had fewer copies than it should: from the loss of a replica, of its link to the primary or of its membership until its owner is primary, every replica is up, in touch with it and a member, and each holds what the primary held when the last of them came back. " +
      "0 where no copy was out; censored if still so at the end of measured time, as after a host death for good. Unknown if no fault touched any shard. Clients play no part in it, and it does not say that writes stopped.",
    unit: "time",
    better: "less",
    filters: ["shard"],
    extract: (record, where) => {
      const shards = new Set(record.touched.filter((one) => (where.shard ?? one.shard) === one.shard).map((one) => one.shard));
      if (shards.size === 0) return unknown("unexercised", "no fault touched a shard that is looked at, so no copy was lost");
      const stretches = record.reductions.filter((one) => shards.has(one.shard));
      return stretches.reduce<Observed>(
        (best, { openedAt, closedAt, isOpen }) => {
          const one: Observed = isOpen ? { kind: "censored", atLeast: closedAt - openedAt } : { kind: "value", value: closedAt - openedAt };
          return isLonger(one, best) ? one : best;
        },
        { kind: "value", value: 0 },
      );
    },
  },
  {
    ...plain,
    name: "recovery.needless",
    definition:
      "Number of unplanned changes of primary in measured time whose deposed primary, at the moment its successor was ready, was running, not paused, and reachable by a majority of the vantages; whether or not they caused an outage. " +
      "With `window`, those whose successor became ready in it. Switchovers do not count. It does not say whether the old primary was slow or overloaded.",
    unit: "count",
    better: "less",
    filters: ["shard", "window"],
    extract: (record, where) => {
      const { from, to } = where.window ?? { from: 0, to: record.header.duration };
      const needless = record.facts.filter(
        (fact) =>
          fact.kind === "ready" &&
          !fact.planned &&
          fact.deposedReachable &&
          fact.at >= from &&
          fact.at < to &&
          (where.shard ?? fact.shard) === fact.shard,
      );
      return value(needless.length);
    },
  },
  {
    ...plain,
    name: "switchover.time",
    definition:
      "Microseconds of the run's longest planned change of primary: from the old primary's last acknowledgement to the first under the new epoch, writes of probes included, as sent by the servers. Only changes that were done count, by an operation or a failback; those given up are in switchover.aborted. Detection and decision take no part, and none of it is in recovery.time. " +
      "Censored if nothing was acknowledged after it; with `window`, changes whose last acknowledgement falls in it. Unknown if no change was done. It does not say how many clients noticed.",
    unit: "time",
    better: "less",
    filters: ["shard", "window"],
    extract: (record, where) => {
      const { from, to } = where.window ?? { from: -Infinity, to: Infinity };
      const found = record.facts.filter(
        (fact) => fact.kind === "switched" && fact.at >= from && fact.at < to && (where.shard ?? fact.shard) === fact.shard,
      );
      if (found.length === 0) return unknown("unexercised", "no planned change of primary was done");
      return found.reduce<Observed>(
        (best, fact) => {
          if (fact.kind !== "switched") return best;
          const one: Observed =
            fact.time < 0 ? { kind: "censored", atLeast: record.header.duration - fact.at } : { kind: "value", value: fact.time };
          return isLonger(one, best) ? one : best;
        },
        { kind: "value", value: 0 },
      );
    },
  },
  {
    ...plain,
    name: "switchover.aborted",
    definition:
      "Number of planned changes of primary that were begun and given up, because nobody could take over in time; the old primary went on, if it was there. Unknown if none was begun.",
    unit: "count",
    better: "less",
    filters: ["shard"],
    extract: (record, where) => {
      const found = record.facts.filter((fact) => fact.kind === "switchover" && (where.shard ?? fact.shard) === fact.shard);
      if (found.length === 0) return unknown("unexercised", "no planned change of primary was begun");
      return value(found.filter((fact) => fact.kind === "switchover" && fact.phase === "aborted").length);
    },
  },
  {
    ...plain,
    name: "availability",
    definition:
      "Share of the client operations issued in measured time that were answered well within their deadline. Probes do not count. An operation that was never issued, because a closed-loop client was waiting, cannot fail: compare open-loop loads only, or see availability.time. Unknown if none was issued.",
    unit: "share",
    better: "more",
    filters: ["operation", "vantage", "window"],
    conflicts: [
      ["window", "operation"],
      ["window", "vantage"],
    ],
    extract: (record, where) => {
      const counts = issuedAndGood(record, where);
      if (isMetricValue(counts)) return counts;
      return counts.issued === 0 ? unknown("unexercised", "no client operation was issued") : value(counts.good / counts.issued);
    },
  },
  {
    ...plain,
    name: "availability.time",
    definition:
      "Share of shard x measured time that was writable by state, computed at events without clients: enough live, connected replicas, and a primary whose lease or epoch is valid. The closed forms of reliability predict this one. It says nothing of how long clients took to notice.",
    unit: "share",
    better: "more",
    extract: (record) => value(record.writableShare),
  },
];

/** Client operations by intended send in measured time; also for goodput. */
export function issuedAndGood(
  record: RunRecord,
  where: MetricWhere,
): { readonly issued: number; readonly good: number; readonly time: number } | MetricValue {
  const range = windowRange(record, where);
  if (isMetricValue(range)) return range;
  const rows = where.window === undefined ? record.operations : [];
  const chosen = rows.filter((row) => (where.operation ?? row.operation) === row.operation && seenFrom(where, row.vantage));
  const add = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
  if (where.window === undefined)
    return { issued: add(chosen.map((row) => row.issued)), good: add(chosen.map((row) => row.good)), time: range.time };
  return {
    issued: add(record.windows.issued.slice(range.first, range.end)),
    good: add(record.windows.good.slice(range.first, range.end)),
    time: range.time,
  };
}

function phase(name: keyof Phases, what: string): readonly MetricDefinition[] {
  return [
    {
      ...plain,
      name: `recovery.${name}`,
      definition:
        `The ${name} phase of the run's longest outage (recovery.time's), in microseconds: ${what}. The six phases (detection, decision, promotion, publication, reconnection, return) sum to the outage exactly. ` +
        "0 for a run whose touched shards had no outage; unknown while the longest outage is still open, since the phases of an outage are known by the epoch that ended it.",
      unit: "time",
      better: "less",
      filters: PLACE_FILTERS,
      extract: (record, where) => {
        const places = placeValues(record, where);
        if (isMetricValue(places)) return places;
        const found = longest(counted(record, where));
        if (found === undefined) return value(0);
        return found.ended === "open"
          ? unknown("open", "the longest outage was still open at the end of measured time")
          : value(found.phases[name]);
      },
    },
  ];
}

/** The longest outage of every touched (shard, vantage) that counts, 0 where there was none; or why there is no value. */
function placeValues(record: RunRecord, where: MetricWhere): readonly Observed[] | MetricValue {
  if (!record.quiescent) return AUDIT_UNKNOWN;
  const outages = counted(record, where);
  const touched = record.touched.filter((one) => matches(where, one) && touchedInWindow(record, where, one.shard));
  const counts = touched.filter((one) => one.counts);
  if (counts.length === 0 && outages.length === 0) {
    return touched.length === 0
      ? unknown("unexercised", "no fault touched a shard that is looked at, so recovery was not exercised")
      : absent("every vantage that a fault touched was cut off from a majority of the replica hosts, or its client hosts were down");
  }
  const places = new Map<string, Outage[]>(counts.map((one) => [`${one.shard} ${one.vantage}`, []]));
  for (const outage of outages) {
    const place = `${outage.shard} ${outage.vantage}`;
    places.set(place, [...(places.get(place) ?? []), outage]);
  }
  return [...places.values()].map((ofPlace): Observed => {
    const found = longest(ofPlace);
    return found === undefined ? { kind: "value", value: 0 } : lengthOf(found);
  });
}

/** Outages that recovery.time counts: caused by a fault, seen from a vantage that counts. */
function counted(record: RunRecord, where: MetricWhere): readonly Outage[] {
  const out = new Set(record.touched.filter((one) => !one.counts).map((one) => `${one.shard} ${one.vantage}`));
  return record.outages.filter(
    (one) => one.causes.length > 0 && !one.isolated && !out.has(`${one.shard} ${one.vantage}`) && selects(where, one),
  );
}

/** A shard is exercised in a window if a fault that touches it starts there, or an outage of it opens there. */
function touchedInWindow(record: RunRecord, where: MetricWhere, shard: number): boolean {
  const window = where.window;
  if (window === undefined) return true;
  const inside = (at: number): boolean => at >= window.from && at < window.to;
  return (
    record.facts.some((fact) => fact.kind === "fault" && fact.phase === "start" && inside(fact.at) && fact.touches.includes(shard)) ||
    record.outages.some((one) => one.shard === shard && one.causes.length > 0 && inside(one.openedAt))
  );
}

const matches = (where: MetricWhere, place: { readonly shard: number; readonly vantage: string }): boolean =>
  (where.shard ?? place.shard) === place.shard && seenFrom(where, place.vantage);

const selects = (where: MetricWhere, outage: Outage): boolean =>
  matches(where, outage) && (where.window === undefined || (outage.openedAt >= where.window.from && outage.openedAt < where.window.to));

const lengthOf = (outage: Outage): Observed => {
  const length = outage.closedAt - outage.openedAt;
  return outage.ended === "open" ? { kind: "censored", atLeast: length } : { kind: "value", value: length };
};

/** The first of the longest in the record's order: opening, shard, vantage. Open ones are longer than closed ones. */
function longest(outages: readonly Outage[]): Outage | undefined {
  return outages.reduce<Outage | undefined>(
    (best, one) => (best === undefined || isLonger(lengthOf(one), lengthOf(best)) ? one : best),
    undefined,
  );
}

const isLonger = (one: Observed, other: Observed): boolean =>
  order(one) > order(other) || (order(one) === order(other) && lowerEnd(one) > lowerEnd(other));

function combine(values: readonly Observed[], over: Over): MetricValue {
  if (over !== "mean") return values.reduce((best, one) => (isLonger(one, best) ? one : best));
  const certain = mean(values.map(lowerEnd));
  return values.every((one) => one.kind === "value") ? value(certain) : censored(certain);
}
