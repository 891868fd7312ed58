/**
 * Outages, computed after the audit: when each (shard, vantage) could not write, why, how it
 * ended and where the time went. A function of samples, openings, faults and facts; times are true microseconds.
 */
import { assert } from "../../base/assert.ts";
import type { Fact } from "../record/fact.ts";
import type { Outage, OutageEnd, Phases } from "../record/record.ts";
import type { SampleColumns } from "./samples.ts";

/** A fault as it happened, with what it meant for each (shard, vantage). */
export interface FaultSpan {
  readonly label: string;
  readonly startAt: number;
  readonly touches: ReadonlySet<number>;
  /** Vantages that the network kept from a majority of a shard's live replica hosts: `shard * vantages + vantage`. */
  readonly isolates: ReadonlySet<number>;
  /** Vantages whose client hosts were all down: they have no value at all. */
  readonly silences: ReadonlySet<number>;
}

export interface OutageInput {
  readonly shard: number;
  readonly vantage: number;
  readonly vantages: number;
  readonly vantageName: string;
  readonly samples: SampleColumns;
  /** Was this sample's write acknowledged and lost? And through a fault that began only after it was sent? */
  readonly lost: (row: number) => "kept" | "lost" | "doomedLater";
  /** Instants at which a fault stopped, paused or cut off the host that had answered last. */
  readonly openings: readonly number[];
  /** In order of their start. */
  readonly faults: readonly FaultSpan[];
  readonly slow: number;
  readonly from: number;
  readonly until: number;
  readonly phasesOf: (openedAt: number, epoch: number) => { readonly steps: PhaseSteps; readonly planned: boolean };
  /** The primary that was last ready at an instant, for a vantage that has had no answer yet: its epoch and server. */
  readonly epochAt: (at: number) => Served;
  readonly electionsIn: (from: number, to: number) => number;
  readonly lossOf: (openedAt: number, closedAt: number) => { readonly writes: number; readonly visible: number; readonly span: number };
}

/** b1 to b4, absolute; undefined where the strategy has no such step. */
export interface PhaseSteps {
  readonly actionable: number | undefined;
  readonly chosen: number | undefined;
  readonly ready: number | undefined;
  readonly visible: number | undefined;
}

/** Who answered a write, under which epoch. */
interface Served {
  readonly epoch: number;
  readonly server: number;
}

/** The time after a closing acknowledgement in which at least half of what is sent must be good. */
const STEADY = 1_000_000;

/**
 * The outages of one (shard, vantage), in order of time; they do not overlap. Two readings of the rule above, both
 * because the service was well when the write was sent. A write that was under way when a fault began, and not overdue
 * yet, opens the outage at the fault and not before it. A write that was answered in time and lost through a later fault
 * opens nothing by itself.
 */
export function computeOutages(input: OutageInput): Outage[] {
  const rows = Array.from({ length: input.samples.count }, (_, row) => row)
    .filter((row) => input.samples.sentAt[row]! >= input.from && input.samples.sentAt[row]! < input.until)
    .sort((a, b) => input.samples.sentAt[a]! - input.samples.sentAt[b]! || a - b);
  const sent = rows.map((row) => input.samples.sentAt[row]!);
  const ended = rows.map((row) => input.samples.endedAt[row]!);
  const fate = rows.map((row) => input.lost(row));
  const isGood = rows.map((_, i) => ended[i]! - sent[i]! <= input.slow && fate[i] === "kept");
  const opens = rows.map((_, i) => !isGood[i]! && !(fate[i] === "doomedLater" && ended[i]! - sent[i]! <= input.slow));
  const goodBefore = new Int32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i += 1) goodBefore[i + 1] = goodBefore[i]! + (isGood[i]! ? 1 : 0);
  /** Acknowledgements, and those that were kept, in order of time. */
  const answered = rows
    .map((_, i) => i)
    .filter((i) => ended[i]! < Infinity)
    .sort((a, b) => ended[a]! - ended[b]! || a - b);
  const answeredAt = answered.map((i) => ended[i]!);
  const acknowledged = answered.filter((i) => fate[i] === "kept");
  const acknowledgedAt = acknowledged.map((i) => ended[i]!);
  const strikes = input.faults.filter((fault) => fault.touches.has(input.shard)).map((fault) => fault.startAt);

  const outages: Outage[] = [];
  let cursor = input.from;
  for (;;) {
    const byFault = input.openings.find((at) => at >= cursor && at < input.until) ?? Infinity;
    let bad = lowerBound(sent, cursor);
    while (bad < rows.length && !opens[bad]!) bad += 1;
    const byWrite = bad < rows.length ? struckAt(sent[bad]!) : Infinity;
    const openedAt = Math.min(byFault, byWrite);
    if (openedAt === Infinity) return outages;
    const closing = closingOf(openedAt);
    const closedAt = closing === undefined ? input.until : ended[closing]!;
    outages.push(describe(input, openedAt, closedAt, servedBefore(openedAt), closing === undefined ? undefined : servedBy(closing)));
    // What was sent during the outage belongs to it; a fault at its very end opens the next.
    cursor = Math.max(closedAt, openedAt + 1);
  }

  function servedBy(i: number): Served {
    return { epoch: input.samples.epoch[rows[i]!]!, server: input.samples.server[rows[i]!]! };
  }

  /** Who answered this vantage last. */
  function servedBefore(openedAt: number): Served {
    const place = lowerBound(answeredAt, openedAt + 1);
    return place === 0 ? input.epochAt(openedAt) : servedBy(answered[place - 1]!);
  }

  /** When a bad write opens an outage: at its sending, or at the fault that met it under way. */
  function struckAt(sentAt: number): number {
    return strikes.find((at) => at > sentAt && at < sentAt + input.slow && at < input.until) ?? sentAt;
  }

  function closingOf(openedAt: number): number | undefined {
    for (let place = lowerBound(acknowledgedAt, openedAt); place < acknowledged.length; place += 1) {
      const i = acknowledged[place]!;
      if (ended[i]! > input.until) return undefined;
      if (sent[i]! >= openedAt && isSteady(ended[i]!)) return i;
    }
    return undefined;
  }

  function isSteady(at: number): boolean {
    const first = lowerBound(sent, at);
    const last = lowerBound(sent, at + STEADY);
    return (goodBefore[last]! - goodBefore[first]!) * 2 >= last - first;
  }
}

function describe(input: OutageInput, openedAt: number, closedAt: number, base: Served, closing: Served | undefined): Outage {
  const touching = input.faults.filter((fault) => fault.touches.has(input.shard));
  const before = touching.filter((fault) => fault.startAt <= openedAt).at(-1);
  const during = touching.filter((fault) => fault.startAt > openedAt && fault.startAt < closedAt);
  const causes = before === undefined ? during : [before, ...during];
  let ended: OutageEnd = "open";
  let phases = NO_PHASES;
  if (closing !== undefined) {
    const length = closedAt - openedAt;
    const change = closing.epoch > base.epoch ? input.phasesOf(openedAt, closing.epoch) : undefined;
    // A new epoch of the same primary that nobody was promoted by (a member taken back) ended nothing.
    if (change !== undefined && !(change.planned && closing.server === base.server)) {
      ended = change.planned ? "switchover" : "failover";
      phases = phasesFrom(openedAt, change.steps, closedAt);
    } else if (closing.server !== base.server && base.server >= 0) {
      ended = "rerouted";
      phases = { ...NO_PHASES, reconnection: length };
    } else {
      ended = "returned";
      phases = { ...NO_PHASES, return: length };
    }
  }
  const loss = input.lossOf(openedAt, closedAt);
  return {
    shard: input.shard,
    vantage: input.vantageName,
    causes: causes.map((fault) => fault.label),
    ended,
    openedAt: openedAt - input.from,
    closedAt: closedAt - input.from,
    phases,
    isolated: causes.some((fault) => fault.isolates.has(input.shard * input.vantages + input.vantage)),
    elections: input.electionsIn(openedAt, closedAt),
    lossWrites: loss.writes,
    lossVisible: loss.visible,
    lossSpan: loss.span,
  };
}

const NO_PHASES: Phases = { detection: 0, decision: 0, promotion: 0, publication: 0, reconnection: 0, return: 0 };

/** b_k = clamp(t_k, b_{k-1}, b5); a missing step takes b_{k-1}; news not seen by the end counts as the end. */
export function phasesFrom(b0: number, steps: PhaseSteps, b5: number): Phases {
  const clamp = (at: number | undefined, low: number): number => (at === undefined ? low : Math.min(Math.max(at, low), b5));
  const b1 = clamp(steps.actionable, b0);
  const b2 = clamp(steps.chosen, b1);
  const b3 = clamp(steps.ready, b2);
  const b4 = clamp(steps.visible, b3);
  const phases = { detection: b1 - b0, decision: b2 - b1, promotion: b3 - b2, publication: b4 - b3, reconnection: b5 - b4, return: 0 };
  const sum = phases.detection + phases.decision + phases.promotion + phases.publication + phases.reconnection;
  assert(sum === b5 - b0, `phases sum to ${sum}, the outage lasted ${b5 - b0}`);
  return phases;
}

/** The first place at or after which values are not below `value`, in a growing list. */
function lowerBound(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The steps of the failover that made `epoch`, from a shard's facts. A planned change of members that came after it does
 * not count as the failover: the last unplanned epoch since the opening does. `hasSteps` parts must have stated b1 to b3.
 * Where replicas elect their primary themselves, b1 is the first campaign since the opening and since the last primary.
 * `source` is where this vantage asks for news first: news that is to be had there counts, else the first anywhere.
 */
export function stepsOf(
  facts: readonly Fact[],
  shard: number,
  epoch: number,
  openedAt: number,
  { hasSteps, isPublished, source }: { readonly hasSteps: boolean; readonly isPublished: boolean; readonly source?: string | undefined },
): { steps: PhaseSteps; planned: boolean } {
  // A primary that crashed and came back under its own epoch is ready once more; only the first time made the epoch.
  const made = new Set<number>();
  const ready = facts.filter((fact) => {
    if (fact.kind !== "ready" || fact.shard !== shard || fact.epoch > epoch || made.has(fact.epoch)) return false;
    made.add(fact.epoch);
    return true;
  });
  const unplanned = ready.filter((fact) => fact.kind === "ready" && !fact.planned && (fact.epoch === epoch || fact.at >= openedAt)).at(-1);
  const chief = unplanned ?? ready.at(-1);
  if (chief?.kind !== "ready") {
    assert(!hasSteps, `shard ${shard}: writes are acknowledged under epoch ${epoch}, which nobody stated as ready`);
    return { steps: { actionable: undefined, chosen: undefined, ready: undefined, visible: undefined }, planned: false };
  }
  const chosen = facts.find((fact) => fact.kind === "chosen" && fact.shard === shard && fact.epoch === chief.epoch);
  const by = chosen?.kind === "chosen" ? chosen.by : undefined;
  const suspicions = facts.filter(
    (fact) => fact.kind === "actionable" && fact.shard === shard && fact.by === by && fact.at <= (chosen?.at ?? Infinity),
  );
  const isElected = facts.some((fact) => fact.kind === "election" && fact.epoch === chief.epoch);
  const since = Math.max(openedAt, ready.findLast((fact) => fact.at < chief.at)?.at ?? -Infinity);
  const actionable = (isElected ? suspicions.find((fact) => fact.at >= since) : undefined) ?? suspicions.at(-1);
  const told = facts.filter((fact) => fact.kind === "visible" && fact.shard === shard && fact.epoch >= chief.epoch);
  const news = told.find((fact) => source !== undefined && fact.kind === "visible" && fact.by === source) ?? told[0];
  // A part that publishes takes until the news is out, even if that was never seen.
  const visible = hasSteps && !isPublished ? undefined : (news?.at ?? (hasSteps ? Infinity : undefined));
  if (hasSteps && !chief.planned) {
    assert(chosen !== undefined, `shard ${shard} epoch ${chief.epoch}: the failover part stated no "chosen" fact`);
    assert(actionable !== undefined, `shard ${shard} epoch ${chief.epoch}: the failover part stated no "actionable" fact`);
  }
  // Nothing is detected or decided in an outage that was planned.
  if (chief.planned) return { steps: { actionable: undefined, chosen: undefined, ready: chief.at, visible }, planned: true };
  return { steps: { actionable: actionable?.at, chosen: chosen?.at, ready: chief.at, visible }, planned: false };
}
