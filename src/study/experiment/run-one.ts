/**
 * One run: the only place where parts are wired together. A function of the scenario's strategy and the job's seed.
 */
import { assert } from "../../base/assert.ts";
import { simulate } from "../../simulator/cluster/cluster.ts";
import type { PartsBuilder, RunOptions } from "../../simulator/cluster/run.ts";
import { laterParts } from "../../simulator/cluster/later-parts.ts";
import { placementContext, shardingContext } from "../../simulator/cluster/part-contexts.ts";
import type { PartName } from "../../simulator/cluster/spec.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import type {
  FailoverPart,
  FencingPart,
  PlacementPart,
  ReplicationPart,
  RoutingPart,
  ShardingPart,
} from "../../simulator/strategies/contracts.ts";
import { REGISTRY } from "../../simulator/strategies/registry.ts";
import { createOperator } from "../../simulator/strategies/failover/operator.ts";
import { plannedMachines } from "../../simulator/strategies/planned-machines.ts";
import { createRebalancer } from "../../simulator/strategies/rebalancing/rebalancer.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { VERSION } from "./version.ts";
import type { Job } from "./experiment.ts";

/** Part → implementation → maker. Built-in parts and those of plug-ins alike; options have passed their schema. */
export type Makers = Readonly<
  Record<PartName, Readonly<Record<string, { readonly create: (options: never, ...rest: never[]) => unknown }>>>
>;

export interface RunOneOptions extends RunOptions {
  /** Built-in parts and those of plug-ins; the built-in alone if left out. */
  readonly makers?: Makers;
}

/** Runs one job of a scenario. Synchronous and pure: the same bytes on every machine. */
export function runOne(scenario: Scenario, job: Job, options: RunOneOptions = {}): RunRecord {
  const strategy = scenario.strategies.find((candidate) => candidate.name === job.strategy);
  assert(strategy !== undefined, `no strategy ${job.strategy} in ${scenario.name}`);
  return simulate(
    { ...strategy.run, seed: job.seed, repeat: job.repeat, key: job.key, version: VERSION },
    partsBuilder(options.makers ?? REGISTRY),
    options,
  );
}

function partsBuilder(makers: Makers): PartsBuilder {
  return (spec, servers, stream) => {
    const make = (part: PartName, ...rest: readonly unknown[]): unknown => {
      const { name, options } = spec.parts[part];
      const entry = makers[part][name];
      assert(entry !== undefined, `no ${part} part called ${name}`);
      return entry.create(options as never, ...(rest as never[]));
    };
    const sharding = make("sharding", shardingContext(spec, servers)) as ShardingPart;
    const replication = make("replication") as ReplicationPart;
    const failover = make("failover") as FailoverPart;
    return {
      sharding,
      placement: make("placement", placementContext(spec, servers, sharding.shards, stream)) as PlacementPart,
      routing: make("routing") as RoutingPart,
      replication,
      machines: plannedMachines(spec, replication, failover),
      failover,
      fencing: make("fencing") as FencingPart,
      createRebalancer,
      createOperator,
      ...laterParts(
        spec,
        (part, options, context) => makers[part][spec.parts[part].name]!.create(options as never, context as never),
        stream,
      ),
    };
  };
}
