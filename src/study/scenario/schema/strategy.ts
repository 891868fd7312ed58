/** A strategy: one implementation of every part, the client, overrides of the cluster, and where controllers live. */
import { z } from "zod";
import type { LocationSpec, PartName } from "../../../simulator/cluster/spec.ts";
import type { NotBuilt, PartTable, StrategyPreset } from "../../../simulator/strategies/part.ts";
import type { StrategyRun } from "../scenario.ts";
import { parseLocation } from "../targets.ts";
import type { ChoiceAt } from "../text/merge.ts";
import { suggestion } from "../text/suggest.ts";
import { count, positiveDuration, share } from "./fields.ts";
import { clientSchema } from "./client.ts";
import { report } from "./report.ts";
import { cutoverField, throttleField } from "./operations.ts";
import { checked, choice, section, word } from "./shape.ts";
import type { Alternative } from "./shape.ts";

/** The parts one can choose from; handed to the reader, so that plug-ins and tests bring their own. */
export interface Registry {
  readonly parts: Readonly<Record<PartName, PartTable>>;
  /** By part: names of the format that no part serves yet. */
  readonly notBuilt: Readonly<Record<string, NotBuilt>>;
  /** By name: parts of real systems. */
  readonly presets?: Readonly<Record<string, StrategyPreset>>;
  /** What a strategy's parts cannot do on its cluster, such as more failure domains than there are. Asked once all else is right. */
  readonly check?: ((run: StrategyRun) => readonly PartProblem[]) | undefined;
}

export interface PartProblem {
  readonly part: PartName;
  readonly fault: string;
  readonly mend: string;
  /** Keys below the part; the nearest that the file has is shown. */
  readonly steps?: readonly (string | number)[];
}

/** In the order in which they are listed everywhere. */
export const PARTS = ["sharding", "placement", "routing", "replication", "failover", "fencing"] as const satisfies readonly PartName[];

/**
 * What a strategy has that says nothing of a part: each the plainest that a stranger would expect. Nobody takes over
 * and nobody is fenced unless asked for, so that no strategy gets a mechanism its author did not choose.
 */
const PART_DEFAULTS: Readonly<Record<PartName, string>> = {
  // 16,384 slots, as in Redis Cluster: even, and the same keys for any number of shards that divides them.
  sharding: "slots",
  placement: "spread",
  routing: "smartClient",
  // What PostgreSQL, MySQL and Redis do unless told otherwise.
  replication: "asynchronous",
  failover: "none",
  fencing: "none",
};

const PART_ABOUT: Readonly<Record<PartName, string>> = {
  sharding: "Key to shard.",
  placement: "Shard to the servers that hold its replicas.",
  routing: "Key to server, as a client believes it.",
  replication: "When a write is acknowledged.",
  failover: "Who notices that a primary is gone, and who follows.",
  fencing: "What stops the old primary.",
};

const location = z.string().transform((given, context): LocationSpec => {
  const parsed = parseLocation(given);
  if (parsed.ok) return parsed.location;
  report(context, parsed);
  return z.NEVER;
});

/** What may stand beside the name of an implementation. */
const BESIDE: Readonly<Partial<Record<PartName, Readonly<Record<string, z.ZodType>>>>> = {
  sharding: { over: word(["shards", "servers"]).describe("What keys are dealt over.") },
  placement: { primaries: location.describe("Where primaries should stand: `zone NAME`, `region NAME` or `rack NAME`.") },
};

export interface ChosenPart {
  readonly name: string;
  readonly options: unknown;
  /** What stands beside the name: `primaries` of a placement. */
  readonly beside: Readonly<Record<string, unknown>>;
}

function partSchema(part: PartName, registry: Registry): z.ZodType<ChosenPart, unknown> {
  const alternatives: Record<string, Alternative> = {};
  for (const [name, { summary, options }] of Object.entries(registry.parts[part])) alternatives[name] = { schema: options, about: summary, bare: true };
  const chosen = choice(alternatives, { later: registry.notBuilt[part] ?? [], beside: BESIDE[part] ?? {}, fallback: PART_DEFAULTS[part] });
  return chosen
    .transform(({ kind, value, beside }): ChosenPart => ({ name: kind, options: value, beside }))
    .prefault(PART_DEFAULTS[part])
    .describe(PART_ABOUT[part]);
}

const hostsSchema = section(
  {
    monitor: z.array(location).min(1).optional().describe("One monitor host in each; default: the first three zones."),
    sentinel: z.array(location).min(1).optional().describe("One sentinel host in each, under failover by sentinels; default: the first three zones."),
    router: z.array(location).min(1).optional().describe("One router host in each, under routing by proxy; default: the first three zones."),
    metadata: z.array(location).min(1).optional().describe("Where the members of the metadata service live, 1, 3 or 5; default: one in the last zone."),
    rebalancer: z
      .array(location)
      .min(1)
      .max(1)
      .optional()
      .describe("Where the rebalancer lives, in runs that have planned operations or rebalancing; default: the first zone."),
    operator: z
      .array(location)
      .min(1)
      .max(1)
      .optional()
      .describe("Where planned switchovers are done from, in runs that have some; default: the first zone."),
  },
  ["proxy", "store", "witness"],
);

function presetSchema({ presets = {} }: Registry): z.ZodType<string, unknown> {
  const known = Object.keys(presets);
  return z
    .string()
    .meta({ examples: known })
    .transform((name, context): string => {
      if (name === "none" || Object.hasOwn(presets, name)) return name;
      const there = known.length === 0 ? "write its parts out" : suggestion(name, known, `write its parts out, or one of ${known.join(", ")}`);
      report(context, { fault: `the preset "${name}" is not built yet`, mend: there });
      return z.NEVER;
    });
}

/** The rebalancer asks servers four times in the time after which it gives one up, and looks ten times a second. */
const LOSS_LEAST = 100_000;

/** Not a part with a machine of its own choice: the one rebalancer of a run follows it. */
const rebalancing = choice(
  {
    none: { schema: z.strictObject({}), about: "Nothing: copies of a dead server wait for it.", bare: true },
    onMembershipChange: {
      schema: section({
        // Ceph's mon_osd_down_out_interval is 10 minutes; shorter runs need a shorter one.
        after: checked(positiveDuration(), (after) => (after >= LOSS_LEAST ? undefined : { fault: "is too short to tell a loss from a late answer", mend: "write 100ms or more" }))
          .prefault("10m")
          .describe("Unheard for so long, at least 100ms, a server is given up and its copies are made elsewhere."),
        throttle: throttleField(),
        cutover: cutoverField(),
      }),
      about: "Copies of servers that stay away are made elsewhere.",
      bare: true,
    },
    leaderBalancing: {
      schema: section({
        // Kafka's leader.imbalance.check.interval.seconds and leader.imbalance.per.broker.percentage; PD's leader-schedule-limit.
        interval: positiveDuration().prefault("300s").describe("Pause between two looks at who leads how much."),
        threshold: share().default(0.1).describe("Leaders are evened out once the fullest server has more than this above the mean."),
        atOnce: count({ min: 1 }).default(4).describe("Leaders asked to hand over at the same time."),
      }),
      about: "Under Raft: leaders are evened out over servers by handing over.",
      bare: true,
    },
  },
  { later: ["threshold", "hotShardSplit"], fallback: "none" },
);

/** Parts that come with later issues. */
const LATER = ["transactions", "backup"];

/** What `common:` can say; a strategy, `cluster:` besides. */
export function commonSchema(registry: Registry) {
  return section(commonShape(registry), LATER);
}

/** Of a strategy merged with `common:`. Its `cluster` is merged with the scenario's before it is read: `cluster` says how it looks. */
export function strategySchema(registry: Registry, cluster: z.ZodType = z.unknown()) {
  return section({ ...commonShape(registry), cluster: cluster.optional().describe("What this strategy has other than the scenario's cluster; maps merge.") }, LATER);
}

function commonShape(registry: Registry) {
  return {
      preset: presetSchema(registry).optional().describe("Parts of a real system, by its name and version; what `common` and the strategy say goes before."),
      sharding: partSchema("sharding", registry),
      placement: partSchema("placement", registry),
      routing: partSchema("routing", registry),
      replication: partSchema("replication", registry),
      failover: partSchema("failover", registry),
      fencing: partSchema("fencing", registry),
      rebalancing: rebalancing
        .prefault("none")
        .describe("What moves by itself when servers are lost. Planned operations move what they must without it."),
      client: clientSchema.prefault({}).describe("What the application does when an answer is late or refused."),
      hosts: hostsSchema.prefault({}).describe("Where controllers live: lists of `zone NAME`, one host each."),
  };
}

export type RawStrategy = z.output<ReturnType<typeof strategySchema>>;

/** Where the tree holds one of several implementations: another one replaces it whole (text/merge.ts). */
export const choiceAt: ChoiceAt = (steps) => {
  const last = steps.at(-1);
  const isPart = (steps[0] === "common" && steps.length === 2) || (steps[0] === "strategies" && steps.length === 3);
  const part = isPart ? PARTS.find((name) => name === last) : undefined;
  if (part !== undefined) return { beside: Object.keys(BESIDE[part] ?? {}) };
  if (isPart && last === "rebalancing") return { beside: [] };
  const isForm = steps[0] === "workload" && steps.length === 3 && (last === "arrivals" || last === "keys");
  return isForm ? { beside: [] } : undefined;
};
