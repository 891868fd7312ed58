/** Arguments to command to exit status. The commands' own code is loaded when one is run: help and version answer at once. */
import { InternalError } from "../base/assert.ts";
import { VERSION } from "../study/experiment/version.ts";
import { BENCH_TOPICS } from "./bench.ts";
import { type CommandShape, type Given, type OptionShape, parseArguments } from "./arguments.ts";
import { Exit, InputError, RunFailure } from "./exit.ts";
import type { StartPool } from "./pool.ts";
import type { Terminal } from "./terminal.ts";

const SET: OptionShape = { kind: "texts", value: "PATH=VALUE", help: "lay this on the file; can be given again" };
const PLUGINS: OptionShape = { kind: "flag", help: "load the modules named in `plugins:`; they are code" };
const SEED: OptionShape = { kind: "text", value: "N", help: "seed of the first repeat, in place of the file's" };
const JSON_OPTION: OptionShape = { kind: "flag", help: "as JSON" };
const RUNNING: CommandShape["options"] = {
  strategy: { kind: "texts", value: "NAME", help: "only this strategy; can be given again" },
  repeats: { kind: "text", value: "N", help: "in place of the file's" },
  seed: SEED,
  jobs: { kind: "text", value: "N", help: "runs at a time; default: as many as there are processors" },
  set: SET,
  verify: { kind: "flag", help: "make every run twice; they must be the same, event by event" },
  quiet: { kind: "flag", help: "no progress" },
  "no-fail": { kind: "flag", help: "exit with 0 even if an expectation broke" },
  "allow-plugins": PLUGINS,
};

/** Gives the pool's maker when a command wants one: the threads' library is loaded only then. */
export type Workers = () => Promise<StartPool>;

const threads: Workers = async () => (await import("./pool.ts")).startPool;

interface Command extends CommandShape {
  readonly start: (given: Given, terminal: Terminal, workers: Workers) => Promise<number>;
}

const COMMANDS: readonly Command[] = [
  {
    name: "run",
    positionals: "<scenario..>",
    help: "Run scenarios, print the comparison, write the report, judge what was expected",
    options: {
      ...RUNNING,
      out: { kind: "text", value: "DIR", help: "where results go; default: reports/NAME of the scenario" },
      format: { kind: "text", value: "LIST", help: "what to write, of html,json,csv,md,parquet,svg,png; default: the first four" },
    },
    examples: [["shardlab run scenarios/primary-crash.yaml", "compare its strategies"]],
    start: async (given, terminal, workers) => (await import("./run.ts")).run(given, terminal, await workers()),
  },
  {
    name: "check",
    positionals: "<scenario..>",
    help: "For CI: run scenarios and say only whether what they expect holds",
    options: {
      ...RUNNING,
      junit: { kind: "text", value: "FILE", help: "write JUnit XML, a case for each expectation and strategy" },
      github: { kind: "flag", help: "print GitHub annotations at the scenario's lines; append to GITHUB_STEP_SUMMARY" },
      baseline: { kind: "text", value: "DIR", help: "nothing may be worse than the results in DIR/NAME of the scenario" },
      budget: { kind: "text", value: "TIME", help: "begin no repeat after so long, such as 3m; at least one of each scenario" },
    },
    examples: [["shardlab check scenarios/*.yaml --junit report.xml --github --budget 3m", "in a workflow"]],
    start: async (given, terminal, workers) => (await import("./check.ts")).check(given, terminal, await workers()),
  },
  {
    name: "capacity",
    positionals: "<scenario>",
    help: "The load at which an objective breaks, healthy and with the worst single failure domain gone",
    options: {
      strategy: { kind: "texts", value: "NAME", help: "only this strategy; can be given again" },
      repeats: { kind: "text", value: "N", help: "runs at each load; default: 3" },
      seed: SEED,
      jobs: { kind: "text", value: "N", help: "runs at a time; default: as many as there are processors" },
      set: SET,
      precision: { kind: "text", value: "SHARE", help: "how near the loads that hold and break must be; default: 5%" },
      most: { kind: "text", value: "N", help: "loads beyond N times the scenario's are not tried; default: 16" },
      after: { kind: "text", value: "TIME", help: "what is left out of figures after a domain's death; default: the warm-up" },
      healthy: { kind: "flag", help: "only healthy" },
      json: JSON_OPTION,
      quiet: { kind: "flag", help: "no progress" },
      "allow-plugins": PLUGINS,
    },
    examples: [],
    start: async (given, terminal, workers) => (await import("./capacity.ts")).capacity(given, terminal, await workers()),
  },
  {
    name: "compare",
    positionals: "<results..>",
    help: "Result folders side by side: what changed against the first of them, and is it significant",
    options: {
      metric: { kind: "texts", value: "NAME", help: "only this metric; can be given again; default: those of the tables" },
      all: { kind: "flag", help: "every metric; more tests together need larger differences" },
      strict: { kind: "flag", help: "exit with 1 if anything differs, not only if something is worse" },
      json: JSON_OPTION,
    },
    examples: [["shardlab compare reports/before reports/after", "exit status 1 if anything is significantly worse"]],
    start: async (given, terminal) => (await import("./compare.ts")).compare(given, terminal),
  },
  {
    name: "report",
    positionals: "<results..>",
    help: "Draw and print stored results again, from results.json alone",
    options: {
      out: { kind: "text", value: "DIR", help: "where to write; default: beside the results" },
      format: { kind: "text", value: "LIST", help: "what to write, of html,json,csv,md,parquet,svg,png; default: html,csv,md" },
    },
    examples: [],
    start: async (given, terminal) => (await import("./report.ts")).report(given, terminal),
  },
  {
    name: "trace",
    positionals: "<scenario>",
    help: "One run, event by event",
    options: {
      strategy: { kind: "text", value: "NAME", help: "whose run; needed when there are several" },
      seed: SEED,
      shard: { kind: "texts", value: "N", help: "only this shard's events; 0,3 for several" },
      server: { kind: "texts", value: "N", help: "only this server's events" },
      kind: { kind: "texts", value: "KIND", help: "only events of this kind, such as deliver,fault" },
      history: {
        kind: "text",
        value: "FORM",
        help: "not events, but what clients did with the keys of `histories`: edn (Jepsen's) or jsonl",
      },
      perfetto: {
        kind: "text",
        value: "FILE",
        help: "not lines, but trace events for ui.perfetto.dev: servers, shards, requests, messages",
      },
      svg: { kind: "text", value: "FILE", help: "not lines, but a space-time diagram of --around or --time" },
      around: { kind: "text", value: "TIME", help: "the instant that --svg shows, such as 20.3s" },
      span: { kind: "text", value: "TIME", help: "how much of time --svg shows; default: 100ms" },
      time: { kind: "text", value: "FROM..TO", help: "only this span of measured time, such as 20s..25s" },
      set: SET,
      "allow-plugins": PLUGINS,
    },
    examples: [["shardlab trace scenarios/primary-crash.yaml --strategy sync --shard 0 --time 20s..21s", "what happened to shard 0"]],
    start: async (given, terminal) => (await import("./trace.ts")).trace(given, terminal),
  },
  {
    name: "verify",
    positionals: "[topic]",
    help: "Closed forms and published results against the simulator",
    options: {
      runs: { kind: "text", value: "N", help: "runs a case" },
      set: SET,
      plant: { kind: "flag", help: "run the wrong twins, which must fail" },
      all: { kind: "flag", help: "every topic, as without a topic" },
      json: JSON_OPTION,
      markdown: { kind: "flag", help: "as the table that stands in the README" },
      list: { kind: "flag", help: "only the names of topics and their settings" },
    },
    examples: [],
    start: async (given, terminal) => (await import("./verify.ts")).verify(given, terminal),
  },
  {
    name: "list",
    positionals: "[what]",
    help: "Names: parts, metrics, invariants, scenarios, presets, distributions, faults, targets",
    options: { json: JSON_OPTION },
    examples: [],
    start: async (given, terminal) => (await import("./list.ts")).list(given, terminal),
  },
  {
    name: "explain",
    positionals: "<name..>",
    help: "What a metric, invariant, part, preset, target, distribution or key of a scenario means",
    options: {},
    examples: [
      ["shardlab explain recovery.time", "its definition"],
      ["shardlab explain back after", "the metric of a column of the table"],
      ["shardlab explain client.retries", "an option and its default"],
      ["shardlab explain keys", "the keys of a scenario"],
    ],
    start: async (given, terminal) => (await import("./explain.ts")).explain(given, terminal),
  },
  {
    name: "schema",
    positionals: "[what]",
    help: "The JSON schema of scenario files, for editors; of results.json, with `results`",
    options: {},
    examples: [],
    start: async (given, terminal) => (await import("./schema.ts")).schema(given, terminal),
  },
  {
    name: "init",
    positionals: "[file]",
    help: "Write a first scenario of your own; overwrites nothing",
    options: {},
    examples: [],
    start: async (given, terminal) => (await import("./init.ts")).init(given, terminal),
  },
  {
    name: "bench",
    positionals: "[topic]",
    help: `How fast the simulator is, beside its limits. Topics: ${BENCH_TOPICS.join(", ")}; all of them without one`,
    options: { json: JSON_OPTION },
    examples: [],
    start: async (given, terminal) => (await import("./bench.ts")).bench(given, terminal),
  },
];

/** What each command is called and takes: for the reference. */
export const COMMAND_SHAPES: readonly CommandShape[] = COMMANDS;

/** Commands that later issues build. */
const LATER = ["sweep", "fuzz", "worker", "merge"];

/** Runs what the arguments ask for. Gives the exit status; prints what went wrong. */
export async function main(argv: readonly string[], terminal: Terminal, workers: Workers = threads): Promise<number> {
  try {
    const [first = ""] = argv;
    if (LATER.includes(first)) throw new InputError([`${first} is not built yet`]);
    const parsed = await parseArguments(argv, COMMANDS, VERSION, terminal.columns);
    if (parsed.kind === "text") {
      terminal.print(parsed.text);
      return Exit.Held;
    }
    const command = COMMANDS.find((one) => one.name === parsed.command);
    if (command === undefined) throw new InternalError(`no command ${parsed.command}`);
    return await command.start(parsed.given, terminal, workers);
  } catch (error) {
    return failed(error, terminal);
  }
}

function failed(error: unknown, terminal: Terminal): number {
  if (error instanceof InputError) {
    for (const line of error.lines) terminal.say(line);
    return Exit.WrongInput;
  }
  const ofSystem = systemProblem(error);
  if (ofSystem !== undefined) {
    terminal.say(`shardlab: ${ofSystem}`);
    return Exit.WrongInput;
  }
  terminal.say(`shardlab: our own fault: ${error instanceof Error ? error.message : String(error)}`);
  const stack = error instanceof RunFailure ? error.cause : error instanceof Error ? error.stack : undefined;
  if (typeof stack === "string" && stack !== "") terminal.say(stack);
  terminal.say(error instanceof RunFailure ? `This repeats it: ${error.repeat}` : "Please report it with the command that you gave.");
  return Exit.OurFault;
}

/** A full disk or a folder that may not be written is nobody's bug. */
function systemProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  const known = ["EACCES", "ENOENT", "EPERM", "ENOSPC", "EROFS", "ENOTDIR", "EISDIR", "EEXIST", "ENAMETOOLONG", "EDQUOT", "EMFILE"];
  return typeof code === "string" && known.includes(code) && "path" in error ? error.message : undefined;
}
