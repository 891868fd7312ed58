/** What a strategy's parts cannot do on its cluster: each part asked by its own check, before anything runs. */
import { buildTopology, serverPlaces } from "../../simulator/cluster/topology.ts";
import type { PartName } from "../../simulator/cluster/spec.ts";
import type { ReplicationPart } from "../../simulator/strategies/contracts.ts";
import type { PartEntry, PartSurroundings } from "../../simulator/strategies/part.ts";
import type { StrategyRun } from "../scenario/scenario.ts";
import type { PartProblem } from "../scenario/schema/strategy.ts";
import type { Makers } from "./run-one.ts";

/** The check that a scenario's reader is handed, for these parts. */
export const checkParts =
  (makers: Makers) =>
  (run: StrategyRun): readonly PartProblem[] => {
    const { tables, databases = 1 } = run.data;
    const around: PartSurroundings = {
      servers: serverPlaces(buildTopology(run.cluster, run.hosts)),
      shards: run.cluster.shards,
      copies: copiesOf(makers, run),
      overServers: run.over === "servers",
      primaries: run.primaries === undefined ? undefined : `${run.primaries.kind} ${run.primaries.name}`,
      databases,
      tables,
    };
    return Object.entries(run.parts).flatMap(([part, { name, options }]) => {
      const found = (makers[part as PartName][name] as PartEntry | undefined)?.check?.(options as never, around) ?? [];
      return found.map((fault) => ({ part: part as PartName, ...fault }));
    });
  };

/** Copies that the replication keeps of what the scenario asks for: one where there is none. */
function copiesOf(makers: Makers, { parts, cluster }: StrategyRun): number {
  const { name, options } = parts.replication;
  const made = makers.replication[name]?.create(options as never) as ReplicationPart | undefined;
  return made?.copies(cluster.replicas) ?? cluster.replicas;
}
