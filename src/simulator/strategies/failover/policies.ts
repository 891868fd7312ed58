/** Who notices and who follows: nobody (none), monitors and a person (manual), monitors alone (monitor). */
import { z } from "zod";
import type { Duration } from "../../../base/time.ts";
import type { FailoverPart } from "../contracts.ts";
import { createAgent } from "./agent.ts";
import { createMonitor } from "./monitor/monitor.ts";
import type { MonitorOptions } from "./monitor/monitor-options.ts";
import { settings, type manualOptions, type WrittenOptions } from "./monitor/options.ts";
import { createWitness } from "./witness.ts";

export const noneOptions = z.strictObject({});
export const createNoFailover = (): FailoverPart => ({
  roles: [],
  createController: () => createAgent(),
  createAgent: () => createAgent(),
});

export const createMonitorFailover = (options: WrittenOptions): FailoverPart => monitored(settings(options, 0 as Duration));
export const createManualFailover = (options: z.output<typeof manualOptions>): FailoverPart =>
  monitored(settings(options, options.operatorDelay));

function monitored(options: MonitorOptions): FailoverPart {
  return {
    roles: ["monitor"],
    createController: (_role, ordinal, context) => createMonitor(context, ordinal, context.initialMap(), options),
    createAgent: createWitness,
  };
}
