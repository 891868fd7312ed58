/** The charts of a report, in the order of the questions people ask. */
import { type Report, summaryOf } from "../report.ts";
import { answeredChart } from "./answered.ts";
import { askedCharts } from "./asked.ts";
import { balanceChart, balanceOverTime } from "./balance.ts";
import type { Chart } from "./chart.ts";
import { costChart } from "./cost.ts";
import { latencyCharts } from "./latency.ts";
import { loadCharts } from "./load.ts";
import { lossChart } from "./loss.ts";
import { movementChart } from "./movement.ts";
import { phasesChart } from "./phases.ts";
import { recoveryChart, recoveryRows } from "./recovery.ts";
import { navigated } from "./time.ts";
import { timelineChart } from "./timeline.ts";

/**
 * Those that have something to say in this study. How evenly load is spread is a question of its own: where the study is about
 * recovery and asks nothing of balance, strategies differ in it by what they refuse, which says nothing of them.
 */
export function charts(report: Report): readonly Chart[] {
  const recovery = recoveryChart(report);
  const asksBalance = report.verdicts.some(
    ({ expectation }) => expectation.kind === "metric" && /^(?:load\.|regret)/u.test(expectation.metric),
  );
  const isStruck =
    recovery !== undefined || report.strategies.some(({ name }) => (summaryOf(report, name, "recovery.time")?.censored ?? 0) > 0);
  const balance = !isStruck || asksBalance ? [balanceChart(report), balanceOverTime(report)] : [];
  const struck = [answeredChart(report), phasesChart(report), timelineChart(report)];
  const spread = [movementChart(report), ...balance, ...latencyCharts(report)];
  // What the study is about comes first.
  const middle = isStruck ? [...struck, ...spread] : [...spread, ...struck];
  const found = [
    costChart(report),
    recovery,
    recoveryRows(report),
    lossChart(report),
    ...askedCharts(report),
    ...middle,
    ...loadCharts(report, asksBalance || !isStruck),
  ].filter((one) => one !== undefined);
  const navigator = ["answered", "latency", "balance-time"]
    .map((id) => found.find((one) => one.id === id && one.time))
    .find((one) => one !== undefined);
  return found.map((one) => (one === navigator ? navigated(one) : one));
}
