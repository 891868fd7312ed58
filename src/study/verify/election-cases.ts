/** What is judged of many elections: their lengths and their split votes, beside the published figures, the closed forms and the rules. */
import { createStream } from "../../simulator/kernel/random.ts";
import { nearestRank } from "../stats/quantile.ts";
import { byStandardError, meanOf, type Claim, type Estimate, type VerifyCase } from "./case.ts";
import { electByRules } from "./election-model.ts";
import { electByModule } from "./election-module.ts";
import { FIGURE, NO_RANDOMNESS, type Curve, type SPLIT_VOTES, type SPLIT_VOTES_VARYING } from "./election-published.ts";
import { firstWithin, meanOfFirst, splitVote } from "./election-theory.ts";
import { survivorsOf, type Conditions, type Election, type PlayElection } from "./election.ts";

const MINUTE = 60_000_000;
const RULES = "the rules of the paper's section 5, played without the module";
const DISSERTATION = "Ongaro, dissertation (Stanford 2014), chapter 9";
/** The planted twin: leaders crash just after a heartbeat, candidates' disks and all ways are slower, pre-votes are the other way round. */
const planted = (conditions: Conditions): Conditions => ({
  ...conditions,
  timers: "together",
  crash: "at once",
  electionMax: conditions.electionMin === conditions.electionMax ? 2 * conditions.electionMin : conditions.electionMax,
  persistCandidate: (random) => 2 * conditions.persistCandidate(random),
  preVote: conditions.eligible < survivorsOf(conditions) ? !conditions.preVote : conditions.preVote,
  oneWay: (random) => 3 * conditions.oneWay(random) + Math.floor((conditions.electionMax - conditions.electionMin) / 20),
});

/** Those that were played, all of `runs` unless there were too many steps. */
interface Elections {
  readonly ended: readonly Election[];
  readonly isAll: boolean;
}

/** Steps of all elections of a case together: some seconds. */
const STEPS_MOST = 10_000_000;

/** Plays so many elections, or as many as end in a bearable number of steps. */
function elections(play: PlayElection, conditions: Conditions, runs: number, by: "module" | "rules"): Elections {
  const { servers, down, electionMin, electionMax } = conditions;
  const name = `verify/raft/${by}/${servers} servers, ${down} down, ${electionMin} to ${electionMax}`;
  const ended: Election[] = [];
  let left = STEPS_MOST;
  for (let run = 0; run < runs; run += 1) {
    const election = play(conditions, (purpose) => createStream(`${name}/${run}/${purpose}`), left);
    if (election === undefined) return { ended, isAll: false };
    left -= election.steps;
    ended.push(election);
  }
  return { ended, isAll: true };
}

/** Plays so many elections by the module; gives how many ended. */
export const elect = (conditions: Conditions, runs: number): number => byModule(conditions, runs, false).ended.length;

interface Played {
  readonly module: readonly Election[];
  readonly rules: readonly Election[];
}

/** By the module and by the rules; or the case that says that no leader was found. */
function play(
  conditions: Conditions,
  runs: number,
  plant: boolean,
  judge: (played: Played) => readonly VerifyCase[],
): readonly VerifyCase[] {
  const module = byModule(conditions, runs, plant);
  const rules = elections(electByRules, conditions, runs, "rules");
  if (module.isAll && rules.isAll) return judge({ module: module.ended, rules: rules.ended });
  return [givenUp(module, rules.ended.length, runs)];
}

/** By the module alone, where a closed form has the answer. */
function playOne(conditions: Conditions, runs: number, plant: boolean, judge: (module: readonly Election[]) => VerifyCase): VerifyCase {
  const module = byModule(conditions, runs, plant);
  return module.isAll ? judge(module.ended) : givenUp(module, runs, runs);
}

const byModule = (conditions: Conditions, runs: number, plant: boolean): Elections =>
  elections(electByModule, plant ? planted(conditions) : conditions, runs, "module");

const givenUp = ({ ended }: Elections, predicted: number, runs: number): VerifyCase => ({
  case: "elections that end with a leader",
  source: RULES,
  predicted,
  simulated: ended.length,
  interval: undefined,
  z: undefined,
  n: runs,
  held: false,
  note: "the others were given up after 10 million steps: time-outs are too short, or too much alike, for these latencies and disks",
});

const milliseconds = (all: readonly Election[]): readonly number[] => all.map(({ downtime }) => downtime / 1_000);
const splitShare = (all: readonly Election[]): Estimate => meanOf(all.map(({ terms }) => (terms > 1 ? 1 : 0)));

/** A quantile with a standard error from its neighbours in order, so many places away as such a count varies. */
function quantileOf(values: readonly number[], p: number): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const away = Math.max(1, Math.sqrt(values.length * p * (1 - p)));
  const at = (place: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(place)))]!;
  const place = nearestRank(p, sorted.length) - 1;
  return { value: at(place), standardError: (at(place + away) - at(place - away)) / 2 };
}

/** Two estimates of one thing: what was simulated, in standard errors of the difference. */
function alike(claim: Omit<Claim, "predicted" | "source">, simulated: Estimate, rules: Estimate): VerifyCase {
  const error = Math.hypot(simulated.standardError, rules.standardError);
  return byStandardError({ ...claim, predicted: rules.value, source: RULES }, simulated.value, error);
}

/** Within a share of what is published, and no other than the rules say. */
function near(one: VerifyCase, published: number, tolerance: number): VerifyCase {
  const interval = { low: published * (1 - tolerance), high: published * (1 + tolerance) };
  const held = one.held && one.simulated >= interval.low && one.simulated <= interval.high;
  return { ...one, source: `${FIGURE}; ${RULES}`, published, interval, held };
}

/** Median and mean of a published curve. */
export function curveCases(curve: Curve, conditions: Conditions, runs: number, plant: boolean): readonly VerifyCase[] {
  return play(conditions, runs, plant, ({ module, rules }) => {
    const [ours, theirs] = [milliseconds(module), milliseconds(rules)];
    const name = `Figure 16, ${curve.min}-${curve.max} ms: downtime`;
    const note = `${curve.tolerance * 100} % around the published value`;
    const median = alike({ case: `${name}, median (ms)`, n: runs, note }, quantileOf(ours, 0.5), quantileOf(theirs, 0.5));
    const mean = alike({ case: `${name}, mean (ms)`, n: runs, note }, meanOf(ours), meanOf(theirs));
    return [near(median, curve.median, curve.tolerance), near(mean, curve.mean, curve.tolerance)];
  });
}

/**
 * The curve without randomness: "consistently took longer than 10 seconds". In a program whose timers are exact to the microsecond
 * they never come apart, so an election is given up after a minute.
 */
export function endlessCase(conditions: Conditions, runs: number, plant: boolean): VerifyCase {
  const [found] = play({ ...conditions, patience: MINUTE }, runs, plant, ({ module, rules }) => {
    const [ours, theirs] = [milliseconds(module), milliseconds(rules)];
    const claim = {
      case: "Figure 16, 150-150 ms: downtime, median (ms)",
      n: runs,
      note: "above 10 s, no more; elections are given up after a minute",
    };
    const one = alike(claim, quantileOf(ours, 0.5), quantileOf(theirs, 0.5));
    const held = one.simulated > NO_RANDOMNESS.leastMedian;
    return [{ ...one, source: `${FIGURE}; ${RULES}`, published: NO_RANDOMNESS.median, interval: undefined, held }];
  });
  return found!;
}

/** A first term without a winner, by the closed form. */
export function splitCase(
  { servers, survivors, latency, printed }: (typeof SPLIT_VOTES)[number],
  conditions: Conditions,
  runs: number,
  plant: boolean,
): VerifyCase {
  const name = `split vote, ${survivors} of ${servers} servers, latency ${latency} of the time-outs' range (share)`;
  return { ...splitByForm(name, conditions, latency, runs, plant), published: printed };
}

function splitByForm(name: string, conditions: Conditions, latency: number, runs: number, plant: boolean): VerifyCase {
  const predicted = splitVote(conditions.servers, survivorsOf(conditions), latency);
  return playOne(conditions, runs, plant, (module) => {
    const claim = { case: name, source: `${DISSERTATION}, Pr(D_c,s <= l)`, predicted, n: runs };
    return byStandardError(claim, splitShare(module).value, Math.sqrt((predicted * (1 - predicted)) / runs));
  });
}

/** The same where the latency varies: the dissertation's own simulation, and ours of the rules. */
export function varyingSplitCase(
  { servers, survivors, printed, low, high }: (typeof SPLIT_VOTES_VARYING)[number],
  conditions: Conditions,
  runs: number,
  plant: boolean,
): VerifyCase {
  const [found] = play(conditions, runs, plant, ({ module, rules }) => {
    const name = `split vote, ${survivors} of ${servers} servers, latency 0.1 to 0.2 of the time-outs' range (share)`;
    const one = alike({ case: name, n: runs }, splitShare(module), splitShare(rules));
    const error = 4 * splitShare(module).standardError;
    const held = one.held && one.simulated > low - error && one.simulated < high + error;
    return [{ ...one, source: `${DISSERTATION}, its simulation; ${RULES}`, published: printed, held }];
  });
  return found!;
}

/** "With s = 4 servers, at least one times out in the first quarter of the range with probability about 0.68". */
export function firstTimeoutCase(conditions: Conditions, runs: number, plant: boolean): VerifyCase {
  const { electionMin, electionMax, heartbeat } = conditions;
  const predicted = firstWithin(survivorsOf(conditions), 0.25);
  return playOne({ ...conditions, crash: "at once" }, runs, false, (module) => {
    const from = plant ? electionMin - heartbeat / 2 : electionMin;
    const share = meanOf(module.map(({ firstTimeout }) => (firstTimeout <= from + (electionMax - electionMin) / 4 ? 1 : 0))).value;
    const claim = {
      case: "first time-out of 4 in the first quarter of the range (share)",
      source: `${DISSERTATION}, Pr(M_s <= t)`,
      predicted,
      n: runs,
    };
    return { ...byStandardError(claim, share, Math.sqrt((predicted * (1 - predicted)) / runs)), published: 0.68 };
  });
}

/** The mean length where votes are hardly ever split; a failed term costs as much as the first. In ranges, to the leader's first word. */
export function meanTimeCase(conditions: Conditions, latency: number, runs: number, plant: boolean): VerifyCase {
  const survivors = survivorsOf(conditions);
  const split = splitVote(conditions.servers, survivors, latency);
  const predicted = (1 + 1 / (survivors + 1) + latency) / (1 - split) + 2 * latency - 0.25;
  return playOne(conditions, runs, plant, (module) => {
    const times = meanOf(module.map(({ downtime }) => downtime / (conditions.electionMax - conditions.electionMin)));
    const name = `election of ${survivors} of ${conditions.servers} servers, latency ${latency}: mean (of the time-outs' range)`;
    return byStandardError({ case: name, source: `${DISSERTATION}, E[E_s]`, predicted, n: runs }, times.value, times.standardError);
  });
}

export interface SetConditions {
  readonly conditions: Conditions;
  /** Microseconds, if it does not vary. */
  readonly latency: number | undefined;
  /** Disks take no time. */
  readonly isInstant: boolean;
}

/** Elections under any conditions: beside the rules, and beside closed forms where there are any. */
export function setCases({ conditions, latency, isInstant }: SetConditions, runs: number, plant: boolean): readonly VerifyCase[] {
  const { electionMin, electionMax, heartbeat, tick, timers, eligible, preVote } = conditions;
  const survivors = survivorsOf(conditions);
  // Up to one tick of a time-out is lost, so that it is uniform on a range that begins one tick earlier.
  const least = electionMin - tick;
  const spread = timers === "free" ? heartbeat : 0;
  const first = meanOfFirst(survivors, least, electionMax, spread) - (timers === "free" ? heartbeat : heartbeat / 2);
  const share = latency === undefined ? Infinity : latency / (electionMax - least);
  const hasForm = isInstant && share < 1 && eligible === survivors && timers === "together" && !preVote;
  return play(conditions, runs, plant, ({ module, rules }) => {
    const [ours, theirs] = [milliseconds(module), milliseconds(rules)];
    const expired = meanOf(module.map(({ firstTimeout }) => firstTimeout / 1_000));
    const split = "first term without a leader (share)";
    const isOver = ({ downtime }: Election): number => (downtime < conditions.patience ? 1 : 0);
    const within = `elections with a leader within ${conditions.patience / 1e6} s, which is when the others are given up (share)`;
    const isAll = [...module, ...rules].every((election) => isOver(election) === 1);
    return [
      ...(isAll ? [] : [alike({ case: within, n: runs }, meanOf(module.map(isOver)), meanOf(rules.map(isOver)))]),
      alike({ case: "downtime, mean (ms)", n: runs }, meanOf(ours), meanOf(theirs)),
      alike({ case: "downtime, median (ms)", n: runs }, quantileOf(ours, 0.5), quantileOf(theirs, 0.5)),
      alike({ case: "downtime, 90 of 100 within (ms)", n: runs }, quantileOf(ours, 0.9), quantileOf(theirs, 0.9)),
      byStandardError(
        {
          case: "first time-out after the crash, mean (ms)",
          source: `${DISSERTATION}, E[M_s] over the time-outs' own range`,
          predicted: first / 1_000,
          n: runs,
        },
        expired.value,
        expired.standardError,
      ),
      alike({ case: "terms until there is a leader, mean", n: runs }, termsOf(module), termsOf(rules)),
      hasForm ? splitByForm(split, conditions, share, runs, plant) : alike({ case: split, n: runs }, splitShare(module), splitShare(rules)),
    ];
  });
}

const termsOf = (all: readonly Election[]): Estimate => meanOf(all.map(({ terms }) => terms));
