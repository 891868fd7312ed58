/** Parts by their registered names, for runs that need no scenario file. Wired as in study/experiment. */
import { laterParts } from "../../../src/simulator/cluster/later-parts.ts";
import { placementContext, shardingContext } from "../../../src/simulator/cluster/part-contexts.ts";
import type { PartsBuilder, RunParts } from "../../../src/simulator/cluster/run.ts";
import type { PartName, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import { createOperator } from "../../../src/simulator/strategies/failover/operator.ts";
import { plannedMachines } from "../../../src/simulator/strategies/planned-machines.ts";
import { createRebalancer } from "../../../src/simulator/strategies/rebalancing/rebalancer.ts";
import { REGISTRY } from "../../../src/simulator/strategies/registry.ts";

type Maker = (options: unknown, ...rest: readonly unknown[]) => unknown;

/** Built-in parts as the spec names them; `replaced` puts others in their place. */
export function partsOf(replaced: (spec: RunSpec) => Partial<RunParts> = () => ({})): PartsBuilder {
  return (spec, servers, stream) => {
    const make = (part: PartName, ...rest: readonly unknown[]): unknown => {
      const { name, options } = spec.parts[part];
      const makers: Readonly<Record<string, { readonly create: unknown }>> = REGISTRY[part];
      return (makers[name]!.create as Maker)(options, ...rest);
    };
    const sharding = make("sharding", shardingContext(spec, servers)) as RunParts["sharding"];
    const replication = make("replication") as RunParts["replication"];
    const failover = make("failover") as RunParts["failover"];
    return {
      sharding,
      placement: make("placement", placementContext(spec, servers, sharding.shards, stream)) as RunParts["placement"],
      routing: make("routing") as RunParts["routing"],
      replication,
      machines: plannedMachines(spec, replication, failover),
      failover,
      fencing: make("fencing") as RunParts["fencing"],
      createRebalancer,
      createOperator,
      ...laterParts(
        spec,
        (part, options, context) => {
          const makers: Readonly<Record<string, { readonly create: unknown }>> = REGISTRY[part];
          return (makers[spec.parts[part].name]!.create as Maker)(options, context);
        },
        stream,
      ),
      ...replaced(spec),
    };
  };
}
