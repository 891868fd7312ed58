/** The plainest twin of outages.ts: it walks through time tick by tick and reads the definition of recovery.time aloud. */
import fc from "fast-check";
import type { FaultSpan, OutageInput } from "../../../src/simulator/cluster/outages.ts";

export const TICK = 100_000;
const SECOND = 1_000_000;
const SLOW = 3 * TICK;

export interface Row {
  /** Ticks. */
  readonly sentAt: number;
  /** Ticks until the answer; undefined for none. */
  readonly took: number | undefined;
  readonly epoch: number;
  readonly server: number;
  readonly fate: "kept" | "lost" | "doomedLater";
}

export interface Story {
  readonly rows: readonly Row[];
  readonly faults: readonly { readonly at: number; readonly touches: boolean; readonly strikes: boolean; readonly isolates: boolean }[];
  readonly from: number;
  readonly until: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  sentAt: fc.nat(79),
  took: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: 4, max: 30 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  epoch: fc.integer({ min: 1, max: 3 }),
  server: fc.nat(2),
  fate: fc.constantFrom("kept" as const, "kept" as const, "kept" as const, "kept" as const, "lost" as const, "doomedLater" as const),
});

export const story: fc.Arbitrary<Story> = fc.record({
  rows: fc.array(row, { maxLength: 90, size: "max" }),
  faults: fc.array(fc.record({ at: fc.nat(79), touches: fc.boolean(), strikes: fc.boolean(), isolates: fc.boolean() }), { maxLength: 4 }),
  from: fc.nat(5),
  until: fc.integer({ min: 60, max: 80 }),
});

/** What `computeOutages` is given. A fault that strikes the answering host touches its shard, which is 1 of 2; vantage 0 of 3. */
export function inputOf({ rows, faults, from, until }: Story): OutageInput {
  const spans: FaultSpan[] = [...faults]
    .sort((a, b) => a.at - b.at)
    .map((fault, i) => ({
      label: `fault ${i}`,
      startAt: fault.at * TICK,
      touches: new Set(fault.touches || fault.strikes ? [1] : [0]),
      isolates: new Set(fault.isolates ? [3] : [0, 4]),
      silences: new Set<number>(),
    }));
  return {
    shard: 1,
    vantage: 0,
    vantages: 3,
    vantageName: "web/a",
    samples: {
      sentAt: Float64Array.from(rows, (one) => one.sentAt * TICK),
      endedAt: Float64Array.from(rows, endOf),
      key: new Int32Array(rows.length),
      epoch: Int32Array.from(rows, (one) => one.epoch),
      server: Int32Array.from(rows, (one) => one.server),
      count: rows.length,
      kept: 0,
      full: 0,
    },
    lost: (place) => rows[place]!.fate,
    openings: [...faults]
      .filter((fault) => fault.strikes)
      .map((fault) => fault.at * TICK)
      .sort((a, b) => a - b),
    faults: spans,
    slow: SLOW,
    from: from * TICK,
    until: until * TICK,
    phasesOf: (openedAt) => ({
      planned: false,
      steps: { actionable: openedAt + TICK, chosen: openedAt + 2 * TICK, ready: openedAt + 3 * TICK, visible: undefined },
    }),
    epochAt: () => ({ epoch: 1, server: 0 }),
    electionsIn: (a, b) => Math.round((b - a) / TICK),
    lossOf: (a, b) => ({ writes: a, visible: b, span: b - a }),
  };
}

const endOf = (one: Row): number => (one.took === undefined ? Infinity : (one.sentAt + one.took) * TICK);

export interface PlainOutage {
  readonly openedAt: number;
  readonly closedAt: number;
  readonly isOpen: boolean;
  readonly causes: readonly string[];
}

export function plainOutages(story: Story): PlainOutage[] {
  const from = story.from * TICK;
  const until = story.until * TICK;
  const rows = story.rows.filter((one) => one.sentAt * TICK >= from && one.sentAt * TICK < until);
  const inTime = (one: Row): boolean => endOf(one) - one.sentAt * TICK <= SLOW;
  const isGood = (one: Row): boolean => inTime(one) && one.fate === "kept";
  const faults = [...story.faults]
    .sort((a, b) => a.at - b.at)
    .map((fault, i) => ({ ...fault, at: fault.at * TICK, label: `fault ${i}`, touches: fault.touches || fault.strikes }));
  const touching = faults.filter((fault) => fault.touches);

  /** Does a bad write, sent since `since`, open an outage at this instant? */
  const opensHere = (now: number, since: number): boolean =>
    rows.some((one) => {
      const sentAt = one.sentAt * TICK;
      if (sentAt < since || sentAt > now || isGood(one) || (one.fate === "doomedLater" && inTime(one))) return false;
      const met = touching.filter((fault) => fault.at > sentAt && fault.at < sentAt + SLOW && fault.at < until);
      return now === (met.length === 0 ? sentAt : Math.min(...met.map((fault) => fault.at)));
    });
  const closesHere = (now: number, openedAt: number): boolean => {
    const isAnswer = rows.some((one) => endOf(one) === now && one.sentAt * TICK >= openedAt && one.fate === "kept");
    const next = rows.filter((one) => one.sentAt * TICK >= now && one.sentAt * TICK < now + SECOND);
    return isAnswer && 2 * next.filter(isGood).length >= next.length;
  };

  const outages: PlainOutage[] = [];
  let openedAt: number | undefined;
  let since = from;
  const end = (at: number, closedAt: number, isOpen: boolean): void => {
    const before = touching.filter((fault) => fault.at <= at).slice(-1);
    const during = touching.filter((fault) => fault.at > at && fault.at < closedAt);
    outages.push({ openedAt: at - from, closedAt: closedAt - from, isOpen, causes: [...before, ...during].map((fault) => fault.label) });
    since = closedAt;
  };
  for (let now = from; now <= until; now += TICK) {
    if (openedAt !== undefined && closesHere(now, openedAt)) {
      end(openedAt, now, false);
      openedAt = undefined;
    }
    if (openedAt === undefined && now < until && (faults.some((fault) => fault.strikes && fault.at === now) || opensHere(now, since)))
      openedAt = now;
  }
  if (openedAt !== undefined) end(openedAt, until, true);
  return outages;
}
