/** Workloads: what is wrong with their names and references, and how presets and defaults complete them. */
import type { DataSpec } from "../../../simulator/cluster/spec.ts";
import type { KeysSpec, WorkloadSpec } from "../../../simulator/workload/workload.ts";
import type { Report } from "../checks/report.ts";
import { PRESETS } from "../../../simulator/workload/presets.ts";
import type { RawWorkload } from "../schema/workload.ts";
import { durationText } from "../schema/fields.ts";
import type { Steps } from "../text/node.ts";
import { suggestion } from "../text/suggest.ts";
import type { Topology } from "../topology.ts";

/** What the rest of the file says that a workload can contradict; undefined where it could not be read. */
export interface Around {
  readonly tables: Readonly<Record<string, { readonly rows: number }>> | undefined;
  readonly duration: number | undefined;
  /** Names of the workloads before it in the file. */
  readonly earlier: readonly string[];
}

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
  const table = raw.table ?? tables?.[0];
  const rows = table === undefined ? undefined : around.tables?.[table]?.rows;
  if (raw.keys !== undefined) checkMoves(raw.keys, duration, rows, report);
}

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
const ARRIVALS: WorkloadSpec["arrivals"] = { kind: "poisson", rate: 1000 };

/** Needs a workload in which checks found nothing. */
export function workloadSpec(raw: RawWorkload, data: DataSpec, topology: Topology): WorkloadSpec {
  const preset = raw.preset === undefined ? undefined : PRESETS[raw.preset];
  const base = preset ?? DEFAULTS;
  const key = raw.key ?? base.key;
  return {
    name: raw.name,
    from: raw.from ?? topology.groups?.[0]?.name ?? "",
    table: raw.table ?? data.tables[0]?.name ?? "",
    arrivals: raw.arrivals ?? preset?.arrivals ?? ARRIVALS,
    mix: raw.mix ?? base.mix,
    keys: raw.keys ?? base.keys,
    ...valueSizes(raw.value, base),
    ...(key === undefined ? {} : { key }),
  };
}

function valueSizes(raw: RawWorkload["value"], base: Pick<WorkloadSpec, "value" | "inserted">): Pick<WorkloadSpec, "value" | "inserted"> {
  if (raw !== undefined && "kind" in raw) return { value: raw };
  const inserted = raw?.insert ?? base.inserted;
  return { value: raw?.update ?? base.value, ...(inserted === undefined ? {} : { inserted }) };
}
