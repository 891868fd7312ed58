/**
 * The table of every metric that a record can give now, by family: recovery, data, load, movement, performance. Names are stable: they
 * appear in results.json, in `expect:` and on charts. Not here, for want of facts: what
 * transactions and backups bring with them.
 */
import type { MetricDefinition } from "./metric.ts";
import { DATA_METRICS } from "./metrics-data.ts";
import { HEADROOM_METRICS } from "./metrics-headroom.ts";
import { LOAD_METRICS } from "./metrics-load.ts";
import { MOVEMENT_METRICS } from "./metrics-movement.ts";
import { PERFORMANCE_METRICS } from "./metrics-performance.ts";
import { RECOVERY_METRICS } from "./metrics-recovery.ts";
import { REGRET_METRICS } from "./metrics-regret.ts";

export const METRICS: readonly MetricDefinition[] = [
  ...RECOVERY_METRICS,
  ...DATA_METRICS,
  ...LOAD_METRICS,
  ...REGRET_METRICS,
  ...HEADROOM_METRICS,
  ...MOVEMENT_METRICS,
  ...PERFORMANCE_METRICS,
];

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(METRICS.map((metric) => [metric.name, metric]));

/** The metric of this exact name. */
export function metricByName(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name);
}
