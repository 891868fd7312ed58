/** Workloads: what is wrong with their names and references, and how presets and defaults complete them. */
import type { DataSpec } from "../../../simulator/cluster/spec.ts";
import type { WorkloadSpec } from "../../../simulator/workload/workload.ts";
import type { Report } from "../checks/report.ts";
import { sizes } from "../schema/fields.ts";
import { PRESETS, WORKLOAD_DEFAULTS } from "../schema/workload.ts";
import type { RawWorkload } from "../schema/workload.ts";
import { suggestion } from "../text/suggest.ts";
import type { Topology } from "../topology.ts";

/** Problems of one workload on the cluster of one strategy. `earlier`: names of those before it in the file. */
export function checkWorkload(
  raw: Partial<RawWorkload>,
  tables: readonly string[] | undefined,
  { groups }: Topology,
  earlier: readonly string[],
  report: Report,
): void {
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

/** Needs a workload in which checks found nothing. */
export function workloadSpec(raw: RawWorkload, data: DataSpec, topology: Topology): WorkloadSpec {
  const preset = raw.preset === undefined ? WORKLOAD_DEFAULTS : PRESETS[raw.preset];
  return {
    name: raw.name,
    from: raw.from ?? topology.groups?.[0]?.name ?? "",
    table: raw.table ?? data.tables[0]?.name ?? "",
    arrivals: raw.arrivals,
    mix: raw.mix ?? preset.mix,
    keys: raw.keys ?? preset.keys,
    value: raw.value ?? sizes().parse(preset.value),
  };
}
