/** The charts of a report, in the order of the questions people ask. */
import type { Report } from "../report.ts";
import type { Chart } from "./chart.ts";
import { loadCharts } from "./load.ts";
import { phasesChart } from "./phases.ts";
import { recoveryChart } from "./recovery.ts";

/** Those that the records have something to draw for. */
export function charts(report: Report): readonly Chart[] {
  return [recoveryChart(report), phasesChart(report), ...loadCharts(report)].filter((one) => one !== undefined);
}
