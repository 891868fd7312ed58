/** What a scenario asks for, in operations a second. */
import type { StrategyRun } from "../study/scenario/scenario.ts";
import { distributionMean } from "../simulator/kernel/moments.ts";

const SECOND = 1_000_000;

/** Of all workloads together; undefined where one is a closed loop or a recorded trace, which ask as they are answered or were recorded. */
export function offeredLoad({ workload }: StrategyRun): number | undefined {
  const rates = workload.map(({ trace, arrivals }): number => {
    if (trace !== undefined) return NaN;
    switch (arrivals.kind) {
      case "poisson":
      case "constant":
        return arrivals.rate;
      case "gaps":
        return SECOND / distributionMean(arrivals.gap);
      case "mmpp": {
        const total = arrivals.stay.reduce((sum, stay) => sum + stay, 0);
        return arrivals.rates.reduce((sum, rate, state) => sum + (rate * (arrivals.stay[state] ?? 0)) / total, 0);
      }
      default:
        return NaN;
    }
  });
  const sum = rates.reduce((total, rate) => total + rate, 0);
  return Number.isFinite(sum) ? sum : undefined;
}
