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
    const later = laterDivisions(makers, run, around);
    const now: PartProblem[] = Object.entries(run.parts).flatMap(([part, { name, options }]) => {
      const found = (makers[part as PartName][name] as PartEntry | undefined)?.check?.(options as never, around) ?? [];
      return found.map((fault) => ({ part: part as PartName, ...fault }));
    });
    now.push(...severalRows(makers, run));
    return now.length > 0 ? now : later();
  };

/** Operations on several rows ask one replica of each shard for all of them: coordinators cannot do that yet. */
function severalRows(makers: Makers, { parts, workload }: StrategyRun): readonly PartProblem[] {
  const { name } = parts.replication;
  if ((makers.replication[name] as PartEntry | undefined)?.leaderless !== true) return [];
  const asked = workload.find(({ mix }) => (["scan", "find", "join", "multiRead"] as const).some((kind) => mix[kind] !== undefined));
  if (asked === undefined) return [];
  const fault = `operations on several rows are not built yet for replication by ${name}, and the workload ${asked.name} has some`;
  return [{ part: "replication", fault, mend: "leave scan, find, join and multiRead out of its mix, or choose another replication" }];
}

/** What the sharding cannot do once planned operations have divided keys anew; the first that it cannot is said. */
function laterDivisions(makers: Makers, run: StrategyRun, around: PartSurroundings): () => readonly PartProblem[] {
  const { name, options } = run.parts.sharding;
  const check = (makers.sharding[name] as PartEntry | undefined)?.check;
  const isOver = around.overServers;
  return () => {
    const joining: string[] = [];
    for (const { action, label } of run.operations ?? []) {
      if (action.kind === "add") joining.push(...action.zones);
      const servers = serverPlaces(buildTopology(run.cluster, run.hosts, joining));
      const shards = isOver ? servers.length : action.kind === "reshard" && action.into.kind === "shards" ? action.into.shards : undefined;
      if (shards === undefined || (isOver && action.kind !== "add")) continue;
      const found = check?.(options as never, { ...around, servers, shards }) ?? [];
      if (found.length > 0) return found.map((fault) => ({ part: "sharding", ...fault, fault: `${fault.fault}, after "${label}"` }));
    }
    return [];
  };
}

/** Copies that the replication keeps of what the scenario asks for: one where there is none. */
function copiesOf(makers: Makers, { parts, cluster }: StrategyRun): number {
  const { name, options } = parts.replication;
  const made = makers.replication[name]?.create(options as never) as ReplicationPart | undefined;
  return made?.copies(cluster.replicas) ?? cluster.replicas;
}
