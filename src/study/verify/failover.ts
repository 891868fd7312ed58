/**
 * How long a failover takes, mechanism by mechanism: whole runs of the real parts in which one host dies, beside an
 * independent Monte Carlo of the same timers, written from what the real system's source says of them. Two samples of
 * one distribution (Kolmogorov-Smirnov); and with a real system's options, nearly all runs within its window.
 *
 * failover-mechanism.ts runs trials; failover-*.ts has one mechanism each: its cluster, its model, its system.
 */
import { assert } from "../../base/assert.ts";
import { createStream } from "../../simulator/kernel/random.ts";
import { parseCount, parseDuration } from "../../simulator/notation/units.ts";
import { alike, exactly, type VerifyCase } from "./case.ts";
import { trials, type Chosen, type Mechanism, type SystemWindow, type Trial } from "./failover-mechanism.ts";
import { GOSSIP } from "./failover-gossip.ts";
import { LEASE } from "./failover-lease.ts";
import { MONITOR } from "./failover-monitor.ts";
import { POLLS } from "./failover-polls.ts";
import { SENTINELS } from "./failover-sentinels.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/** What is compared of a trial. */
const QUANTITIES: readonly { readonly name: string; readonly of: (trial: Trial) => number }[] = [
  { name: "detection", of: ({ detection }) => detection },
  { name: "failover", of: ({ failover }) => failover },
  { name: "news of it", of: ({ published }) => published },
];

/** In the order in which they are judged. */
const MECHANISMS: readonly Mechanism[] = [MONITOR, POLLS, SENTINELS, GOSSIP, LEASE];

/** Whole runs of a mechanism, and of a system where its options are others. */
const RUNS = 1_000;
const WINDOW_RUNS = 200;
/** Draws of the model for each run: they are cheap, and the distance is the sharper. */
const DRAWS_PER_RUN = 10;
/** Share of single elections that must fall inside a window. */
const INSIDE = 0.95;
/** What a mechanism's own default is called in the list of settings. */
const OWN = "default";

const ALL = "all";
const NAMES = [ALL, ...MECHANISMS.map(({ name }) => name)];

const SETTINGS: readonly Setting[] = [
  { name: "mechanism", default: ALL, what: `which mechanism: ${NAMES.join(", ")}`, kind: { words: NAMES } },
  ...optionSettings(),
];

export const FAILOVER: Topic = {
  name: "failover",
  summary: "time from a host's death to its detection and to its successor: real parts against a Monte Carlo of the same timers",
  settings: SETTINGS,
  problems: (settings) => {
    const wanted = chosenMechanisms(settings);
    const found = optionSettings().flatMap(({ name }) => {
      const value = settings.wordOrNumber(name);
      if (typeof value !== "number") return [];
      const owners = wanted.flatMap((mechanism) => mechanism.settings.filter((setting) => setting.name === name));
      if (owners.length === 0) return [`${name} is no option of ${wanted.map((one) => one.name).join(", ")}`];
      return owners
        .filter(({ min = -Infinity, max = Infinity }) => value < min || value > max)
        .map(({ what }) => `${name} is out of bounds; it is ${what}`);
    });
    return found.length > 0 ? found : wanted.flatMap((mechanism) => problemsOf(mechanism, settings));
  },
  runsLeast: 50,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    return chosenMechanisms(read.settings).flatMap((mechanism) => casesOf(mechanism, read.settings, options));
  },
};

const isSet = (settings: Settings, name: string): boolean => settings.wordOrNumber(name) !== OWN;

const problemsOf = (mechanism: Mechanism, settings: Settings): readonly string[] =>
  mechanism.problems?.(chosenOf(mechanism, settings), (name) => isSet(settings, name)) ?? [];

function chosenMechanisms(settings: Settings): readonly Mechanism[] {
  const wanted = settings.word("mechanism");
  return MECHANISMS.filter(({ name }) => wanted === ALL || wanted === name);
}

/** One for each name: mechanisms may have options of the same name, each with a default of its own. */
function optionSettings(): readonly Setting[] {
  const byName = new Map<string, Setting>();
  for (const { name: mechanism, settings } of MECHANISMS)
    for (const { name, kind, what, default: own } of settings) {
      const told = `${mechanism}: ${what} (${own})`;
      const known = byName.get(name);
      byName.set(name, {
        name,
        default: OWN,
        what: known === undefined ? told : `${known.what}; ${told}`,
        kind: { words: [OWN], or: kind },
      });
    }
  return [...byName.values()];
}

/** A mechanism's options: what was set, else what is laid on (`over`), else its defaults. */
function chosenOf({ settings: own }: Mechanism, settings: Settings, over: Readonly<Record<string, string>> = {}): Chosen {
  const values = new Map(
    own.map(({ name, kind, default: text }): [string, number] => {
      const set = settings.wordOrNumber(name);
      if (typeof set === "number") return [name, set];
      const parsed = kind === "duration" ? parseDuration(over[name] ?? text) : parseCount(over[name] ?? text);
      assert(parsed.ok, `${name}: ${text} is no ${kind}`);
      return [name, parsed.value];
    }),
  );
  return (name) => {
    const value = values.get(name);
    assert(value !== undefined, `there is no option ${name}`);
    return value;
  };
}

const scaled =
  (chosen: Chosen, factors: Readonly<Record<string, number>>): Chosen =>
  (name) =>
    Math.round(chosen(name) * (factors[name] ?? 1));

function casesOf(mechanism: Mechanism, settings: Settings, options: TopicOptions): readonly VerifyCase[] {
  const runs = options.runs ?? RUNS;
  const chosen = chosenOf(mechanism, settings);
  const found = trials(mechanism, options.plant ? scaled(chosen, mechanism.planted(chosen)) : chosen, runs, options);
  const random = createStream(`verify failover ${mechanism.name}`);
  const model = Array.from({ length: runs * DRAWS_PER_RUN }, () => mechanism.model(chosen, random)).filter(isSingle);
  const single = found.filter(isSingle);
  const apart = runs - single.length;
  const note = `${apart} of ${runs} runs with more than one election, or none that was won, are counted apart; the model, ${model.length} times`;
  const what = (name: string): string => `${mechanism.name}: ${name}, distance of distributions`;
  return [
    ...QUANTITIES.map(({ name, of }) => alike({ case: what(name), source: mechanism.source, note }, single.map(of), model.map(of))),
    ...(isDefault(mechanism, settings) ? mechanism.windows.map((window) => windowCase(mechanism, window, settings, options, found)) : []),
  ];
}

/** With options of one's own it is no named system's any more. */
const isDefault = ({ settings: own }: Mechanism, settings: Settings): boolean => own.every(({ name }) => !isSet(settings, name));

const isSingle = (trial: Trial | undefined): trial is Trial => trial?.elections === 1;

/** With a real system's options: what share of the runs with one election has its new writer inside the window. */
function windowCase(
  mechanism: Mechanism,
  window: SystemWindow,
  settings: Settings,
  options: TopicOptions,
  known: readonly (Trial | undefined)[],
): VerifyCase {
  // The same runs do, where the system's options are the mechanism's own.
  const isKnown = Object.keys(window.options).length === 0 && !options.plant;
  const runs = isKnown ? known.length : Math.min(options.runs ?? RUNS, WINDOW_RUNS);
  const chosen = chosenOf(mechanism, settings, { ...window.options, ...(options.plant ? window.planted : {}) });
  const found = isKnown ? known : trials(mechanism, chosen, runs, options, window.set?.(chosen));
  const single = found.filter(isSingle).sort((a, b) => a.published - b.published);
  const inside = single.filter(({ published }) => published >= window.low && published <= window.high).length;
  const seconds = (time: number | undefined): string => `${((time ?? Infinity) / 1e6).toFixed(1)} s`;
  return exactly(
    {
      case: `${mechanism.name} as ${window.system}: share of new writers known within ${seconds(window.low)} to ${seconds(window.high)}`,
      source: window.source,
      predicted: 1,
      n: single.length,
      note: `from ${seconds(single[0]?.published)} to ${seconds(single.at(-1)?.published)}; ${runs - single.length} of ${runs} runs with more than one election, or none that was won, are counted apart`,
    },
    single.length === 0 ? 0 : inside / single.length,
    { low: INSIDE, high: 1 },
  );
}
