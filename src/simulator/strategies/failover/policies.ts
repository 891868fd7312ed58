/** Who notices and who follows: nobody (none), monitors and a person (manual), monitors alone (monitor). */
import { z } from "zod";
import type { Duration } from "../../../base/time.ts";
import { countField, durationField } from "../../notation/fields.ts";
import type { FailoverPart } from "../contracts.ts";
import { createAgent } from "./agent.ts";
import { createMonitor } from "./monitor/monitor.ts";
import type { MonitorOptions } from "./monitor/notes.ts";

const observing = {
  heartbeat: durationField({ min: 1 })
    .prefault("1s")
    .describe("Pause between pings of a monitor to a server; each monitor has a phase of its own."),
  misses: countField({ min: 1 })
    .default(3)
    .describe("Heartbeats missed before a monitor suspects: a server unheard for heartbeat x misses."),
  agree: countField().optional().describe("Monitors that must suspect a server before anything is done; by default a majority of them."),
  gather: durationField()
    .prefault("500ms")
    .describe("Longest wait for standbys to tell how far they are, and for replicas to confirm a fence."),
};

export const noneOptions = z.strictObject({});
export const createNoFailover = (): FailoverPart => ({
  roles: [],
  createController: () => createAgent(),
  createAgent: () => createAgent(),
});

export const monitorOptions = z.strictObject(observing);
export const createMonitorFailover = (options: z.output<typeof monitorOptions>): FailoverPart =>
  monitored({ ...settings(options), operatorDelay: 0 as Duration });

export const manualOptions = z.strictObject({
  ...observing,
  operatorDelay: durationField().prefault("5m").describe("What a person takes from the actionable alarm to the decision."),
});
export const createManualFailover = (options: z.output<typeof manualOptions>): FailoverPart =>
  monitored({ ...settings(options), operatorDelay: options.operatorDelay });

function settings(options: z.output<typeof monitorOptions>): Omit<MonitorOptions, "operatorDelay"> {
  return { heartbeat: options.heartbeat, misses: options.misses, agree: options.agree, gather: options.gather };
}

function monitored(options: MonitorOptions): FailoverPart {
  return {
    roles: ["monitor"],
    createController: (_role, ordinal, context) => createMonitor(context, ordinal, context.initialMap(), options),
    createAgent,
  };
}
