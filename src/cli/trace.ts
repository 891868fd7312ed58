/** `shardlab trace`: one run, event by event, as lines that a person reads. */
import { runOne } from "../study/experiment/run-one.ts";
import { planJobs } from "../study/experiment/experiment.ts";
import { HISTORY_FORMS, historyLines, type HistoryForm } from "../report/history.ts";
import { printable } from "../report/layout.ts";
import { type Given, suggestion } from "./arguments.ts";
import { catalogue } from "./catalogue.ts";
import { Exit, InputError, RunFailure } from "./exit.ts";
import { loadScenarios } from "./load.ts";
import { repeatCommand } from "./studies.ts";
import { readDuration } from "./quantities.ts";
import { type ViewFilter, type Views, gatherMessages, writeViews } from "./trace-views.ts";
import { openTraces, tracesFault } from "./traces.ts";
import type { Terminal } from "./terminal.ts";

type TraceLine = Parameters<NonNullable<NonNullable<Parameters<typeof runOne>[2]>["trace"]>>[0];

interface Filter {
  readonly shards: ReadonlySet<number>;
  readonly servers: ReadonlySet<number>;
  readonly kinds: ReadonlySet<string>;
  /** Microseconds of measured time, start included, end not. */
  readonly time: { readonly from: number; readonly to: number };
}

/** Kinds of lines there are. */
export const TRACE_KINDS = [
  "deliver",
  "work",
  "timer",
  "flush",
  "connection",
  "arrival",
  "fault",
  "fact",
  "probe",
  "window",
  "transfer",
] as const;

/** Characters gathered before they are written: a run has millions of lines. */
const CHUNK = 1 << 16;

/** The command. Gives the exit status; a filter that lets nothing through is said on standard error. */
export async function trace(given: Given, terminal: Terminal): Promise<number> {
  const filter = readFilter(given);
  const form = readForm(given.text("history"));
  const views = readViews(given);
  const allowPlugins = given.flag("allow-plugins");
  const set = given.texts("set");
  const [loaded, ...more] = await loadScenarios(given.positionals, { set, allowPlugins });
  if (loaded === undefined || more.length > 0) throw new InputError(["trace takes one scenario"]);
  const { scenario, source } = loaded;
  const names = scenario.strategies.map(({ name }) => name);
  const strategy = chosen(given.text("strategy"), names);
  const [job] = planJobs(scenario, { repeats: 1, seed: given.whole("seed", 0) ?? scenario.seed, strategies: [strategy] });
  if (job === undefined) throw new InputError([`${source.file}: there is no run to trace`]);
  const { makers } = await catalogue(source.plugins);
  if (views !== undefined) {
    const { message, service, found } = gatherMessages(views.filter);
    const record = guarded(
      () => runOne(scenario, job, { makers, openTrace: openTraces(source.file), message, service }),
      source.file,
      repeatCommand(source.file, job, { set, allowPlugins }),
    );
    for (const line of writeViews(record, found(), views.filter, views)) terminal.say(line);
    return Exit.Held;
  }
  const what = form === undefined ? "seconds of measured time, then the event" : "what clients did with the keys that were kept";
  terminal.say(`${printable(scenario.name)}: strategy ${printable(strategy)}, seed ${job.seed}; ${what}`);
  let waiting = "";
  let lines = 0;
  const flush = (): void => {
    terminal.print(waiting);
    waiting = "";
  };
  const tell = (text: string): void => {
    lines += 1;
    waiting += `${text}\n`;
    if (waiting.length >= CHUNK) flush();
  };
  const run = (): void => {
    const openTrace = openTraces(source.file);
    if (form === undefined) {
      runOne(scenario, job, { makers, openTrace, trace: (line) => (passes(line, filter) ? tell(lineText(line)) : undefined) });
    } else for (const line of historyLines(runOne(scenario, job, { makers, openTrace }).histories ?? [], form)) tell(line);
  };
  guarded(run, source.file, repeatCommand(source.file, job, { set, allowPlugins }), flush);
  if (lines === 0)
    terminal.say(form === undefined ? "No event passed the filters." : "No history was kept: `histories` of the scenario keeps some.");
  return Exit.Held;
}

/** What a run throws is the fault of a file that it reads, or ours; `last` is done either way. */
function guarded<Result>(run: () => Result, file: string, repeat: string, last: () => void = () => undefined): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof InputError) throw error;
    throw tracesFault(error, file) ?? new RunFailure(error.message, repeat, error.stack);
  } finally {
    last();
  }
}

/** Files that are asked for in place of lines; undefined: none. */
function readViews(given: Given): (Views & { readonly filter: ViewFilter }) | undefined {
  const views = { perfetto: given.text("perfetto"), svg: given.text("svg") };
  const around = readDuration(given, "around");
  if (views.svg === undefined && (around !== undefined || given.text("span") !== undefined))
    throw new InputError(["--around and --span say what --svg draws; write --svg FILE as well"]);
  if (views.perfetto === undefined && views.svg === undefined) return undefined;
  const clash = ["history", "kind"].filter((name) => given.text(name) !== undefined);
  if (clash.length > 0) throw new InputError(clash.map((name) => `--${name} filters lines, and means nothing for a drawing; leave it out`));
  const filter = readFilter(given);
  if (views.svg === undefined) return { ...views, filter };
  if (around === undefined) {
    if (Number.isFinite(filter.time.to - filter.time.from)) return { ...views, filter };
    throw new InputError(["--svg draws some moment: say which with --around 20.3s, or with --time 20.2s..20.4s"]);
  }
  const span = readDuration(given, "span") ?? SPAN;
  if (span < 2) throw new InputError(["--span: nothing happens in so short a time; write such as 100ms"]);
  return { ...views, filter: { ...filter, time: { from: around - span / 2, to: around + span / 2 } } };
}

/** Microseconds that a drawing shows unless told. */
const SPAN = 100_000;

function readForm(text: string | undefined): HistoryForm | undefined {
  const form = HISTORY_FORMS.find((known) => known === text);
  if (text !== undefined && form === undefined)
    throw new InputError([`--history: there is no form "${text}"; there are ${HISTORY_FORMS.join(", ")}`]);
  return form;
}

/** "20.512345 s  deliver     s0 srv3  text": fixed places, so that columns can be cut out and compared. */
export function lineText({ at, kind, shard, server, text }: TraceLine): string {
  const seconds = `${(at / 1e6).toFixed(6)} s`.padStart(14);
  const where = (shard === undefined ? "" : `shard ${shard}`).padEnd(9) + (server === undefined ? "" : `server ${server}`).padEnd(10);
  return `${seconds}  ${kind.padEnd(10)}  ${where} ${text}`;
}

function passes({ at, kind, shard, server }: TraceLine, { shards, servers, kinds, time }: Filter): boolean {
  // A fault concerns every shard and server that is asked about: without it what they do makes no sense.
  const isFault = kind === "fault";
  return (
    at >= time.from &&
    at < time.to &&
    (kinds.size === 0 || kinds.has(kind)) &&
    (shards.size === 0 || isFault || (shard !== undefined && shards.has(shard))) &&
    (servers.size === 0 || isFault || (server !== undefined && servers.has(server)))
  );
}

function readFilter(given: Given): Filter {
  const numbers = (name: string): ReadonlySet<number> => {
    const words = given.texts(name).flatMap((text) => text.split(","));
    const wrong = words.filter((word) => !/^\d{1,9}$/u.test(word));
    if (wrong.length > 0)
      throw new InputError(wrong.map((word) => `--${name}: "${word}" is not the number of a ${name}; they count from 0`));
    return new Set(words.map(Number));
  };
  const kinds = given.texts("kind").flatMap((text) => text.split(","));
  const wrong = kinds.filter((kind) => !TRACE_KINDS.some((known) => known === kind));
  if (wrong.length > 0)
    throw new InputError(wrong.map((kind) => `--kind: there is no kind "${kind}"; there are ${TRACE_KINDS.join(", ")}`));
  return { shards: numbers("shard"), servers: numbers("server"), kinds: new Set(kinds), time: readTime(given.text("time")) };
}

const UNITS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** `20s..25s`, either end left out for none. */
function readTime(text: string | undefined): Filter["time"] {
  if (text === undefined) return { from: -Infinity, to: Infinity };
  const match = /^(?<from>.*)\.\.(?<to>.*)$/u.exec(text)?.groups;
  const end = (word: string | undefined, open: number): number => {
    if (word === undefined || word.trim() === "") return open;
    const found = /^(?<number>-?\d+(?:\.\d+)?)(?<unit>us|µs|ms|s|m|h)$/u.exec(word.trim())?.groups;
    return found === undefined ? NaN : Number(found["number"]) * (UNITS[found["unit"] ?? ""] ?? NaN);
  };
  const [from, to] = match === undefined ? [NaN, NaN] : [end(match["from"], -Infinity), end(match["to"], Infinity)];
  if (Number.isNaN(from) || Number.isNaN(to)) throw new InputError([`--time: "${text}" is not a span of time; write it as 20s..25s`]);
  if (from >= to) throw new InputError([`--time: "${text}" is empty; write its start before its end`]);
  return { from, to };
}

function chosen(name: string | undefined, names: readonly string[]): string {
  const [only] = names;
  if (name === undefined && names.length === 1 && only !== undefined) return only;
  if (name === undefined) throw new InputError([`--strategy says which of ${names.join(", ")} to trace`]);
  if (names.includes(name)) return name;
  const guess = suggestion(name, names);
  throw new InputError([
    `--strategy: there is no strategy "${name}"; ${guess === undefined ? `there are ${names.join(", ")}` : `did you mean "${guess}"?`}`,
  ]);
}
