/** Workloads: what is wrong with their names and references, and how presets and defaults complete them. */
import type { DataSpec } from "../../../simulator/cluster/spec.ts";
import type { KeysSpec, TraceSpec, WorkloadSpec } from "../../../simulator/workload/workload.ts";
import type { Report } from "../checks/report.ts";
import { PRESETS } from "../../../simulator/workload/presets.ts";
import type { RawWorkload } from "../schema/workload.ts";
import { durationText, timesOf } from "../schema/fields.ts";
import type { Steps } from "../text/node.ts";
import { suggestion } from "../text/suggest.ts";
import type { Topology } from "../topology.ts";

/** What the rest of the file says that a workload can contradict; undefined where it could not be read. */
export interface Around {
  readonly tables: Readonly<Record<string, AroundTable>> | undefined;
  readonly duration: number | undefined;
  /** Names of the workloads before it in the file. */
  readonly earlier: readonly string[];
}

interface AroundTable {
  readonly rows: number;
  readonly boundTo?: string | undefined;
  readonly columns?: Readonly<Record<string, number>> | undefined;
}

/** Rows that one find or join may match: each is looked at, one by one. */
const MATCHES_MOST = 10_000;

/** Problems of one workload on the cluster of one strategy. */
export function checkWorkload(raw: Partial<RawWorkload>, around: Around, { groups }: Topology, report: Report): void {
  const { earlier, duration } = around;
  const tables = around.tables === undefined ? undefined : Object.keys(around.tables);
  if (raw.name !== undefined && earlier.includes(raw.name)) {
    const mend = report.has(["name"]) ? "names tell workloads apart: change one" : "give each a name:";
    report.at(["name"], `a second workload is called "${raw.name}"`, mend);
  }
  reference(
    "from",
    "client group",
    raw.from,
    groups?.map(({ name }) => name),
    report,
  );
  reference("table", "table", raw.table, tables, report);
  checkFollowing(raw, earlier, report);
  const table = raw.table ?? tables?.[0];
  const rows = table === undefined ? undefined : around.tables?.[table]?.rows;
  if (raw.trace !== undefined)
    for (const key of ["preset", "arrivals", "mix", "keys"] as const)
      if (report.has([key])) report.at([key], "stands beside a trace", "remove it: the trace says when what is asked of which key", "key");
  if (raw.keys !== undefined) checkMoves(raw.keys, duration, rows, report);
  checkSeveral(raw, around.tables, table, report);
}

/** What follows another must stand after it, so that nothing follows itself. */
function checkFollowing({ arrivals }: Partial<RawWorkload>, earlier: readonly string[], report: Report): void {
  if (arrivals?.kind !== "following" || earlier.includes(arrivals.workload)) return;
  const mend = earlier.length === 0 ? "put the workload that it follows before it" : suggestion(arrivals.workload, earlier);
  report.at(["arrivals", "following", "workload"], `no workload before this one is called "${arrivals.workload}"`, mend);
}

/** Operations on several rows: each needs its settings, and settings need operations. */
function checkSeveral(raw: Partial<RawWorkload>, tables: Around["tables"], table: string | undefined, report: Report): void {
  const mix = mixOf(raw);
  for (const name of ["scan", "find", "join", "multiRead"] as const)
    if (raw[name] !== undefined && mix[name] === undefined)
      report.at([name], `has no effect: the mix has no ${name}`, `add ${name} to mix, or remove it`);
  if (mix.find !== undefined && !report.has(["find"]))
    report.at(["find"], "is missing", "the mix has finds: add find: { column: … }, a column of the table's columns");
  if (mix.join !== undefined && !report.has(["join"]))
    report.at(["join"], "is missing", `the mix has joins: add join: [${table ?? "A"}, …], the workload's own table first`);
  const own = table === undefined ? undefined : tables?.[table];
  if (tables === undefined || own === undefined || table === undefined) return;
  if (raw.find !== undefined) {
    const values = own.columns?.[raw.find.column];
    if (values === undefined) {
      const known = Object.keys(own.columns ?? {});
      const mend =
        known.length === 0 ? `give the table some, such as columns: { ${raw.find.column}: 1000 }` : suggestion(raw.find.column, known);
      report.at(["find", "column"], `the table ${table} has no column "${raw.find.column}"`, mend);
    } else checkMatches(["find"], "find", own.rows / values, report);
  }
  if (raw.multiRead !== undefined) checkKeys(timesOf(raw.multiRead.keys), own.rows, table, report);
  if (raw.join === undefined) return;
  const [first, second] = raw.join;
  const other = tables[second];
  if (first !== table) report.at(["join", 0], `the workload works on the table ${table}`, `write ${table}, or table: ${first}`);
  else if (other === undefined) report.at(["join", 1], `there is no table "${second}"`, suggestion(second, Object.keys(tables)));
  else if (second === first) report.at(["join", 1], "is the same table", "name another");
  else checkMatches(["join"], "join", other.rows / joinRows(first, second, tables), report);
}

/** Rows by which a join's second table is dealt: those of the table that both are bound to, else of the first. */
function joinRows(first: string, second: string, tables: Readonly<Record<string, AroundTable>>): number {
  const anchorOf = (name: string): string => tables[name]?.boundTo ?? name;
  const anchor = anchorOf(first) === anchorOf(second) ? anchorOf(first) : first;
  return tables[anchor]?.rows ?? 1;
}

function checkMatches(steps: Steps, what: string, matches: number, report: Report): void {
  if (matches <= MATCHES_MOST) return;
  report.at(
    steps,
    `one ${what} would match ${Math.round(matches)} rows`,
    `at most ${MATCHES_MOST} can be followed: more values, or fewer rows`,
  );
}

/** Different keys can be named of as many rows as there are; a distribution without an end is cut off there. */
function checkKeys({ earliest, latest }: ReturnType<typeof timesOf>, rows: number, table: string, report: Report): void {
  const most = Number.isFinite(latest) ? latest : earliest;
  if (most > rows)
    report.at(
      ["multiRead", "keys"],
      `${most} different keys of the ${rows} rows of ${table}`,
      `write ${rows} or fewer, or give it more rows`,
    );
  else if (most > MATCHES_MOST)
    report.at(["multiRead", "keys"], `one multiRead would name ${most} keys`, `at most ${MATCHES_MOST} can be followed`);
}

const mixOf = (raw: Partial<RawWorkload>): WorkloadSpec["mix"] =>
  raw.mix ?? (raw.preset === undefined ? undefined : PRESETS[raw.preset]?.mix) ?? DEFAULTS.mix;

/** What would never happen, or to a row that is not there. */
function checkMoves({ shift, celebrity }: KeysSpec, duration: number | undefined, rows: number | undefined, report: Report): void {
  const checkTime = (steps: Steps, at: number): void => {
    if (duration === undefined || at < duration) return;
    const mend = "make it earlier, or duration: longer";
    report.at(["keys", ...steps], `comes too late: measured time ends after ${durationText(duration)}`, mend);
  };
  if (shift?.every !== undefined) checkTime(["shift", "every"], shift.every);
  const instants = shift?.at ?? [];
  instants.forEach((at, index) => checkTime(instants.length === 1 ? ["shift", "at"] : ["shift", "at", index], at));
  if (celebrity === undefined) return;
  checkTime(["celebrity", "from"], celebrity.from);
  if (celebrity.row !== undefined && rows !== undefined && celebrity.row >= rows)
    report.at(["keys", "celebrity", "row"], `there is no row ${celebrity.row}`, `the table has ${rows}, counted from 0`);
}

function reference(
  key: "from" | "table",
  what: string,
  name: string | undefined,
  known: readonly string[] | undefined,
  report: Report,
): void {
  if (known === undefined || (name === undefined && report.has([key]))) return;
  if (name !== undefined) {
    if (!known.includes(name))
      report.at([key], `there is no ${what} "${name}"`, known.length === 0 ? `name a ${what} first` : suggestion(name, known));
  } else if (known.length !== 1) {
    report.at(
      [key],
      "is missing",
      known.length === 0 ? `there is no ${what}: name one` : `there are several: write one of ${known.join(", ")}`,
    );
  }
}

/** What a workload has when neither it nor its preset says. 1000 bytes is YCSB's record. */
const DEFAULTS: Pick<WorkloadSpec, "mix" | "keys" | "value" | "inserted" | "key"> = {
  mix: { read: 0.5, update: 0.5 },
  keys: { kind: "uniform" },
  value: { kind: "constant", value: 1000 },
};
/** YCSB's workload E: maxscanlength 100, scanlengthdistribution uniform. */
const SCAN: WorkloadSpec["scan"] = { length: { kind: "uniform", from: 1, to: 100 } };
const MULTI_READ: WorkloadSpec["multiRead"] = { keys: { kind: "constant", value: 10 } };
const ARRIVALS: WorkloadSpec["arrivals"] = { kind: "poisson", rate: 1000 };

/** Needs a workload in which checks found nothing. */
export function workloadSpec(raw: RawWorkload, data: DataSpec, topology: Topology, trace: TraceSpec | undefined): WorkloadSpec {
  const preset = raw.preset === undefined ? undefined : PRESETS[raw.preset];
  const base = preset ?? DEFAULTS;
  const key = raw.key ?? base.key;
  return {
    name: raw.name,
    from: raw.from ?? topology.groups?.[0]?.name ?? "",
    table: raw.table ?? data.tables[0]?.name ?? "",
    ...(trace === undefined
      ? {
          arrivals: raw.arrivals ?? preset?.arrivals ?? ARRIVALS,
          mix: raw.mix ?? base.mix,
          keys: raw.keys ?? base.keys,
          ...severalOf(raw),
        }
      : recorded(trace)),
    ...valueSizes(raw.value, base),
    ...(key === undefined ? {} : { key }),
  };
}

/** What a trace says of itself, where drawn workloads have their choices. */
function recorded(trace: TraceSpec): Pick<WorkloadSpec, "arrivals" | "mix" | "keys" | "trace"> {
  const { operations, rows } = trace.contents;
  const mix = Object.fromEntries(Object.entries(operations).map(([operation, count]) => [operation, count / rows]));
  return { arrivals: { kind: "trace" }, mix, keys: { kind: "trace" }, trace };
}

/** Sizes of operations on several rows, of those that the mix has. */
function severalOf(raw: RawWorkload): Pick<WorkloadSpec, "scan" | "find" | "join" | "multiRead"> {
  const mix = mixOf(raw);
  return {
    ...(mix.scan === undefined ? {} : { scan: raw.scan ?? SCAN }),
    ...(mix.find === undefined ? {} : { find: raw.find }),
    ...(mix.join === undefined ? {} : { join: { with: raw.join?.[1] ?? "" } }),
    ...(mix.multiRead === undefined ? {} : { multiRead: raw.multiRead ?? MULTI_READ }),
  };
}

function valueSizes(raw: RawWorkload["value"], base: Pick<WorkloadSpec, "value" | "inserted">): Pick<WorkloadSpec, "value" | "inserted"> {
  if (raw !== undefined && "kind" in raw) return { value: raw };
  const inserted = raw?.insert ?? base.inserted;
  return { value: raw?.update ?? base.value, ...(inserted === undefined ? {} : { inserted }) };
}
