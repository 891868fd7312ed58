/** The options of a monitor as a scenario writes them, and as the monitor gets them. */
import { z } from "zod";
import { milliseconds, type Duration } from "../../../../base/time.ts";
import { countField, durationField, numberField } from "../../../notation/fields.ts";
import type { PartFault, PartSurroundings } from "../../part.ts";
import type { Location, MonitorOptions } from "./monitor-options.ts";

const LOCATION = /^\s*(zone|rack|region)\s+(\S+)\s*$/u;

const locations = (what: string) => {
  const one = z
    .string()
    .meta({ pattern: LOCATION.source })
    .superRefine((text, context) => {
      if (!LOCATION.test(text))
        context.addIssue({
          code: "custom",
          params: { fault: `"${text}" is not a place`, mend: "write zone a, rack r1 or region eu", offset: 0 },
        });
    });
  return z
    .union([one, z.array(one)])
    .transform((given): readonly Location[] => (typeof given === "string" ? [given] : given).map(locationOf))
    .describe(what);
};

function locationOf(text: string): Location {
  const [, kind = "zone", name = ""] = LOCATION.exec(text) ?? [];
  return { kind: kind as Location["kind"], name };
}

const phi = z.strictObject({
  threshold: numberField({ min: 0.5, max: 300 }).default(8).describe("Suspicion at which a server is suspected: 8 is once in 10^8 pauses."),
  window: countField({ min: 2, max: 100_000 }).default(1_000).describe("Pauses between answers that are remembered."),
  minDeviation: durationField({ min: 1 }).prefault("100ms").describe("Least deviation of a pause that is assumed (Akka: 100ms)."),
  acceptablePause: durationField().prefault("0ms").describe("A pause that is taken for granted, added to the mean (Akka's remoting: 10s)."),
  model: z
    .enum(["normal", "exponential"])
    .default("normal")
    .describe("How pauses are taken to be spread: normal (Hayashibara et al. 2004, Akka), exponential (Cassandra)."),
});

const detector = z
  .union([
    z.literal("silence"),
    z.strictObject({
      poll: z
        .strictObject({
          timeout: durationField({ min: 1 })
            .prefault("2s")
            .describe("A poll unanswered for so long has failed; one that meets a refused connection, at once."),
        })
        .optional(),
      phi: phi.optional(),
    }),
  ])
  .default("silence")
  .describe(
    "How a monitor comes to suspect a server: unheard for heartbeat x misses (silence), by `misses` polls in succession that failed (poll), or when phi has accrued (phi).",
  );

const SERVER = /^\s*server\s+(\d{1,6})\s*$/u;

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
  detector,
  confirm: z
    .union([
      z.literal("none"),
      z.literal("replicas"),
      z.strictObject({
        replicas: z.strictObject({
          within: durationField({ min: 1 }).prefault("1s").describe("How long a standby tries to reach the primary."),
        }),
      }),
    ])
    .default("none")
    .describe(
      "Second opinions: `replicas` takes a primary to be dead only if none of its standbys that answer reaches it, and one answers (orchestrator's DeadMaster).",
    ),
  recoveryPoll: durationField().prefault("0ms").describe("What is wrong is looked for so often only, with a phase of its own; 0: at once."),
  recoveryBlock: durationField()
    .prefault("0ms")
    .describe("After a failover no other one for so long, against flapping; 0: none. Planned switchovers are free. Orchestrator: 1h."),
  blockPer: z.enum(["shard", "cluster"]).default("shard").describe("What `recoveryBlock` blocks: the same shard, or all."),
  maxLag: z
    .strictObject({
      entries: countField().optional().describe("Log entries that a successor may lack."),
      time: durationField().optional().describe("Age of what it may lack."),
    })
    .optional()
    .describe("Standbys that were further behind, when the primary was last heard, do not take over."),
  failOnLag: z.boolean().default(true).describe("With `maxLag`, and nobody within it: nobody takes over; or, if false, whoever has most."),
  prefer: locations("Places whose standbys go first, if they have as much as the others.").optional(),
  ban: locations("Places whose standbys never take over.").optional(),
  preventCrossZone: z.boolean().default(false).describe("Only a standby in the primary's zone takes over."),
  preventCrossRegion: z
    .boolean()
    .default(false)
    .describe("Only a standby in the primary's region takes over (orchestrator's PreventCrossDataCenterMasterFailover)."),
  priority: z
    .record(z.string(), countField())
    .optional()
    .describe("Of servers, `server 3: 10`: the higher goes first; 1 if left out, 0 never takes over."),
  rank: z
    .enum(["position", "priority"])
    .default("position")
    .describe(
      "What comes first among successors where they can differ in what they have: their position in the log, or priority and preference (Redis Sentinel).",
    ),
  failback: z
    .union([
      z.literal("never"),
      z.strictObject({
        whenHealthy: z.strictObject({ after: durationField({ min: 1 }).prefault("60s").describe("For how long it must have been heard.") }),
      }),
    ])
    .default("never")
    .describe("Whether a shard goes back to its first primary, by a planned switchover, once that is well again."),
};

export const monitorOptions = z.strictObject(observing);
export const manualOptions = z.strictObject({
  ...observing,
  operatorDelay: durationField().prefault("5m").describe("What a person takes from the actionable alarm to the decision."),
});

/** As it is after its schema; tests may leave out what has a default. */
export type WrittenOptions = Pick<z.output<typeof monitorOptions>, "heartbeat" | "misses" | "gather"> &
  Partial<z.output<typeof monitorOptions>>;

const CONFIRM_WITHIN = milliseconds(1_000);

export function settings(written: WrittenOptions, operatorDelay: Duration): MonitorOptions {
  const { heartbeat, misses, agree, gather, confirm = "none", recoveryBlock = 0, failback = "never", maxLag } = written;
  const lag = maxLag === undefined ? undefined : { entries: maxLag.entries, time: maxLag.time, failOnLag: written.failOnLag ?? true };
  return {
    heartbeat,
    misses,
    agree,
    gather,
    operatorDelay,
    detector: detectorOf(written.detector ?? "silence"),
    confirm: confirm === "none" ? undefined : { within: confirm === "replicas" ? CONFIRM_WITHIN : confirm.replicas.within },
    recoveryPoll: written.recoveryPoll ?? (0 as Duration),
    block: recoveryBlock > 0 ? { length: recoveryBlock as Duration, per: written.blockPer ?? "shard" } : undefined,
    choice: {
      prefer: written.prefer ?? [],
      ban: written.ban ?? [],
      preventCrossZone: written.preventCrossZone ?? false,
      preventCrossRegion: written.preventCrossRegion ?? false,
      priority: new Map(Object.entries(written.priority ?? {}).map(([server, value]) => [serverOf(server), value])),
      rank: written.rank ?? "position",
    },
    lag,
    failback: failback === "never" ? undefined : failback.whenHealthy,
  };
}

const serverOf = (text: string): number => Number(SERVER.exec(text)?.[1] ?? -1);

function detectorOf(written: z.output<typeof detector>): MonitorOptions["detector"] {
  if (written === "silence") return { kind: "silence" };
  if (written.phi !== undefined) return { kind: "phi", ...written.phi };
  return written.poll === undefined ? { kind: "silence" } : { kind: "poll", timeout: written.poll.timeout };
}

/** Places and servers that are not there. */
export const checkMonitor =
  (name: "monitor" | "manual") =>
  (written: z.output<typeof monitorOptions>, { servers }: PartSurroundings): readonly PartFault[] => {
    const faults: PartFault[] = [];
    for (const key of ["prefer", "ban"] as const)
      for (const { kind, name: place } of written[key] ?? [])
        if (!servers.some((server) => server[kind] === place))
          faults.push({ fault: `there is no server in ${kind} "${place}"`, mend: "name a place that has servers", steps: [name, key] });
    for (const key of Object.keys(written.priority ?? {}))
      if (serverOf(key) < 0) faults.push({ fault: `"${key}" is not a server`, mend: "write server 3", steps: [name, "priority", key] });
      else if (serverOf(key) >= servers.length)
        faults.push({
          fault: `there is no ${key}`,
          mend: `there are ${servers.length}: server 0 to server ${servers.length - 1}`,
          steps: [name, "priority", key],
        });
    if (typeof written.detector === "object" && (written.detector.poll === undefined) === (written.detector.phi === undefined))
      faults.push({ fault: "names not one way to suspect a server", mend: "write poll: {} or phi: {}", steps: [name, "detector"] });
    if (written.maxLag !== undefined && written.maxLag.entries === undefined && written.maxLag.time === undefined)
      faults.push({ fault: "says no limit", mend: "write { entries: 1000 } or { time: 10s }", steps: [name, "maxLag"] });
    return faults;
  };
