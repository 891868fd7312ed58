/**
 * A scenario file to a Scenario, or to everything that is wrong with it. The way: text to a tree with places
 * (text/), bases and overrides merged (text/load.ts), each section read by its schema (schema/), references checked
 * against the topology of every strategy (checks/), and the whole built in an order that is not the file's (build/).
 */
import { z } from "zod";
import type { DataSpec } from "../../simulator/cluster/spec.ts";
import type { TraceSpec } from "../../simulator/workload/workload.ts";
import { reportOn } from "./checks/report.ts";
import { checkFault, checkTargets } from "./build/fault-checks.ts";
import { faultSpecs } from "./build/faults.ts";
import { addedServers, checkOperation, checkOperations, type ReadOperation } from "./build/operations.ts";
import { strategyRun } from "./build/strategy-run.ts";
import type { Shared } from "./build/strategy-run.ts";
import { checkWorkload } from "./build/workload.ts";
import { readExpectation } from "./expectations.ts";
import type { ExpectationContext, MetricInfo } from "./expectations.ts";
import { fillColumns, readColumns } from "./files.ts";
import type { Problem, Problems } from "./problem.ts";
import { collectProblems } from "./problem.ts";
import { checkExercised, hasObjectives, readObjectives } from "./objectives.ts";
import { NO_NAME, readStrategies } from "./read-strategies.ts";
import type { ReadStrategy } from "./read-strategies.ts";
import { resolvedJson } from "./resolve.ts";
import type { Expectation, Prices, Scenario, Strategy } from "./scenario.ts";
import { objectivesSchema } from "./schema/buying.ts";
import { dataSchema } from "./schema/data.ts";
import type { RawData } from "./schema/data.ts";
import { expectationSchema } from "./schema/expect.ts";
import { operationSchema, type RawOperation } from "./schema/operations.ts";
import { faultSchema } from "./schema/faults.ts";
import type { RawFault } from "./schema/faults.ts";
import { knownName } from "./schema/known-name.ts";
import { readSection } from "./schema/read-section.ts";
import { choiceAt } from "./schema/strategy.ts";
import type { Registry } from "./schema/strategy.ts";
import { topSchema } from "./schema/top.ts";
import { workloadSchema } from "./schema/workload.ts";
import type { RawWorkload } from "./schema/workload.ts";
import { loadTree } from "./text/load.ts";
import { child, emptyMap, given, makeSource, scalarsOf } from "./text/node.ts";
import type { MapNode, Node } from "./text/node.ts";
import { folderOf, resolvePath } from "./text/paths.ts";
import { byText } from "./topology.ts";
import { readTrace } from "./traces.ts";
import type { LookAtTrace } from "./traces.ts";
import type { Group } from "./topology.ts";

export interface ReadOptions {
  /** As given on the command line; problems name it, and `extends:` is looked up beside it. */
  readonly file: string;
  /** The text of a file, or undefined when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  readonly registry: Registry;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly invariants: readonly string[];
  /** Looks at the recorded traces that workloads name; without it there are none. */
  readonly lookAtTrace?: LookAtTrace | undefined;
  /** `path=value`, each laid on the file in turn. */
  readonly set?: readonly string[] | undefined;
  /** In place of the file's own; what the file expects is still judged by the file's. */
  readonly repeats?: number | undefined;
}

export type ReadResult = { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly Problem[] };

const UNREAD = z.unknown();
/** Sections that are merged first are read on their own. */
const TOP = topSchema({ common: UNREAD, strategy: UNREAD, expectation: UNREAD, objectives: objectivesSchema(z.string()) });
type Top = z.output<typeof TOP>;

/** Never throws for anything a file can hold. All problems at once, in the order of places. */
export function readScenario(text: string, options: ReadOptions): ReadResult {
  const problems = collectProblems();
  const { file, readText, set = [] } = options;
  const tree = loadTree(text, { file, readText, set, choiceAt }, problems);
  if (tree === undefined) return { ok: false, problems: problems.list() };
  checkRepeats(options.repeats, problems);
  const { whole: top, partial } = readSection(TOP, tree, problems);
  checkPlugins(tree, file, problems);
  checkWindows(tree, partial, problems);
  const strategies = readStrategies(tree, options.registry, problems);
  const columns = readColumns(tree, { file, readText }, problems);
  const sections = readLists(tree, partial, strategies, options, problems);
  const context = expectationContext(tree, partial, strategies, options);
  const expect = readExpectations(tree, context, options, problems);
  const objectives = readObjectives(tree, problems, context);
  checkExercised(objectives, tree, problems, context.hasFaults);
  if (top === undefined || problems.count() > 0) return { ok: false, problems: problems.list() };
  const shared = sharedOf(top, sections);
  const built = strategies.map((strategy) => ({ strategy, run: fillColumns(strategyRun(strategy, shared), columns) }));
  for (const { strategy, run } of built) {
    for (const { part, fault, mend, steps = [] } of options.registry.check?.(run) ?? [])
      reportOn(strategy.node, problems, strategy.name).at([part, ...steps], fault, mend);
  }
  if (problems.count() > 0) return { ok: false, problems: problems.list() };
  return { ok: true, scenario: scenarioOf(top, built, { expect, objectives }, options) };
}

function scenarioOf(
  top: Top,
  built: readonly { readonly strategy: ReadStrategy; readonly run: Strategy["run"] }[],
  asked: Pick<Scenario, "expect" | "objectives">,
  options: ReadOptions,
): Scenario {
  return {
    file: options.file,
    name: top.name,
    question: top.question,
    labels: top.labels,
    seed: top.seed,
    repeats: options.repeats ?? top.repeats,
    strategies: built.map(({ strategy: { name }, run }) => ({ name, run, resolved: resolvedJson(run) })),
    ...asked,
    prices: top.prices === undefined ? undefined : { server: 0, crossZone: 0, storage: 0, ...priced(top.prices) },
    plugins: top.plugins,
  };
}

/** Without what has no price. */
function priced(prices: NonNullable<Top["prices"]>): Partial<Prices> {
  return Object.fromEntries(Object.entries(prices).filter(([, price]) => price !== undefined));
}

interface Lists {
  readonly workload: Shared["workload"];
  readonly faults: readonly { readonly raw: RawFault; readonly path: string }[];
  readonly operations: readonly RawOperation[];
}

/** Data, workloads and faults, checked against the cluster of every strategy. Items that could not be read are missing. */
function readLists(tree: MapNode, top: Partial<Top>, strategies: readonly ReadStrategy[], options: ReadOptions, problems: Problems): Lists {
  const dataNode = given(tree, "data");
  const data = dataNode === undefined ? dataSchema.parse({}) : readSection(dataSchema, dataNode, problems).partial;
  const around = { tables: data.tables, duration: top.duration };
  const workload: { raw: RawWorkload; trace: TraceSpec | undefined }[] = [];
  const earlier: string[] = [];
  for (const item of itemsOf(tree, "workload")) {
    const { whole, partial } = readSection(workloadSchema, item, problems);
    for (const { topology, own } of strategies) checkWorkload(partial, { ...around, earlier }, topology, reportOn(item, problems, own));
    if (partial.name !== undefined) earlier.push(partial.name);
    if (whole !== undefined) workload.push({ raw: whole, trace: readTraceOf(whole, data, item, options, problems) });
  }
  if (given(tree, "workload") === undefined) {
    const standIn = emptyMap({ ...tree.place, path: "workload" });
    const raw = workloadSchema.parse({});
    for (const { topology, own } of strategies) checkWorkload(raw, { ...around, earlier }, topology, reportOn(standIn, problems, own));
    workload.push({ raw, trace: undefined });
  }
  const faults: { readonly raw: RawFault; readonly path: string }[] = [];
  const operations: RawOperation[] = [];
  const readOnes: ReadOperation[] = [];
  for (const item of itemsOf(tree, "operations")) {
    const { whole, partial } = readSection(operationSchema, item, problems);
    checkOperation(partial, item, top.duration, reportOn(item, problems));
    readOnes.push({ raw: partial, reportFor: (own) => reportOn(item, problems, own) });
    if (whole !== undefined) operations.push(whole);
  }
  for (const strategy of strategies) checkOperations(readOnes, strategy);
  // A fault may strike the routers of one strategy of several.
  const isRouted = strategies.some(({ parts }) => parts === undefined || parts.routing.name === "proxy");
  const added = addedServers(readOnes.map(({ raw }) => raw));
  for (const item of itemsOf(tree, "faults")) {
    const { whole, partial } = readSection(faultSchema, item, problems);
    checkFault(partial, item, top.duration, reportOn(item, problems));
    for (const { topology, parts, hosts, own } of strategies) {
      const { servers } = topology;
      // Servers that join can be struck like others, before and after.
      const all = { ...topology, servers: servers === undefined ? undefined : servers + added };
      const moves = readOnes.some(({ raw }) => raw.switchover === undefined) || parts === undefined || parts.rebalancing.kind !== "none";
      checkTargets(item, all, { ...hosts, rebalancer: moves ? 1 : 0, ...(isRouted ? {} : { router: 0 }) }, reportOn(item, problems, own));
    }
    if (whole !== undefined) faults.push({ raw: whole, path: item.place.path });
  }
  return { workload, faults, operations };
}

function readTraceOf(
  { trace, table }: RawWorkload,
  { tables = {} }: Partial<RawData>,
  item: Node,
  { file, lookAtTrace }: ReadOptions,
  problems: Problems,
): TraceSpec | undefined {
  const rows = (table === undefined ? Object.values(tables)[0] : tables[table])?.rows;
  if (trace === undefined || rows === undefined) return undefined;
  return readTrace(trace, rows, { file, lookAtTrace }, reportOn(item, problems), problems);
}

function itemsOf(tree: MapNode, key: string): readonly Node[] {
  const list = child(tree, key);
  return list?.kind === "list" ? list.items : [];
}

function sharedOf(top: Top, { workload, faults, operations }: Lists): Shared {
  const { name, warmup, duration, settle, slow, window, prober, histories } = top;
  const times = { warmup, duration, settle, slow, window, prober };
  const sampled = histories === undefined ? {} : { histories };
  return { scenario: name, ...times, ...sampled, data: dataSpec(top.data), workload, faults: faultSpecs(faults), operations };
}

function dataSpec({ databases, tables }: RawData): DataSpec {
  return {
    ...(databases === 1 ? {} : { databases }),
    tables: Object.entries(tables)
      .sort(([a], [b]) => byText(a, b))
      .map(([name, table]) => ({ name, ...table })),
  };
}

function expectationContext(
  tree: MapNode,
  top: Partial<Top>,
  strategies: readonly ReadStrategy[],
  { metrics }: ReadOptions,
): ExpectationContext {
  const shards = strategies.map(({ topology }) => topology.shards);
  const zones = strategies.map(({ topology }) => topology.groups?.flatMap(vantagesOf));
  return {
    strategies: strategies.map(({ name }) => name).filter((name) => name !== NO_NAME),
    metrics,
    repeats: top.repeats,
    hasFaults: itemsOf(tree, "faults").length > 0,
    hasObjectives: hasObjectives(tree, metrics),
    duration: top.duration,
    shards: shards.includes(undefined) ? undefined : Math.min(...shards.map(Number)),
    vantages: zones.includes(undefined) ? undefined : (zones[0] ?? []).filter((zone) => zones.every((others) => others?.includes(zone))),
  };
}

function readExpectations(tree: MapNode, context: ExpectationContext, options: ReadOptions, problems: Problems): readonly Expectation[] {
  const later = Object.keys(options.metrics).filter((name) => options.metrics[name]?.notBuilt === true);
  const now = Object.keys(options.metrics).filter((name) => !later.includes(name));
  const schema = expectationSchema(knownName("metric", now, later), knownName("invariant", options.invariants, []));
  return itemsOf(tree, "expect").flatMap((item) => {
    const { partial } = readSection(schema, item, problems);
    const expectation = readExpectation(partial, item, problems, context);
    return expectation === undefined ? [] : [expectation];
  });
}

/** A vantage in full, and its zone alone: all groups there. */
const vantagesOf = ({ name, zones }: Group): readonly string[] => zones.flatMap((zone) => [zone, `${name}/${zone}`]);

/** Sources that are no file stand behind files and before overrides. */
const REPEATS_RANK = 999_999;

function checkRepeats(repeats: number | undefined, problems: Problems): void {
  if (repeats === undefined || (Number.isSafeInteger(repeats) && repeats >= 1)) return;
  const source = makeSource("--repeats", String(repeats), REPEATS_RANK);
  problems.add({ source, offset: 0, path: "repeats" }, `${repeats} is not a number of repeats`, "write a whole number from 1");
}

/** Every window has counters of every server and shard. */
const WINDOWS_MOST = 20_000;

function checkWindows(tree: MapNode, { duration, window }: Partial<Top>, problems: Problems): void {
  if (duration === undefined || window === undefined || duration / window <= WINDOWS_MOST) return;
  const key = given(tree, "window") === undefined ? "duration" : "window";
  const mend = `there can be ${WINDOWS_MOST}: make window: longer`;
  reportOn(tree, problems).at([key], `measured time has ${Math.ceil(duration / window)} windows of this width`, mend);
}

function checkPlugins(tree: MapNode, file: string, problems: Problems): void {
  const report = reportOn(tree, problems);
  for (const [index, { value }] of scalarsOf(child(tree, "plugins")).entries()) {
    const path = String(value);
    if (resolvePath(folderOf(file), path, folderOf(file)) === undefined)
      report.at(
        ["plugins", index],
        `"${path}" is outside the folder of the scenario`,
        "keep plug-ins beside the scenario or in folders below it",
      );
  }
}
