/** Whether the targets of faults exist. */
import type { Target } from "../../../simulator/faults/fault.ts";
import { suggestion } from "../text/suggest.ts";
import { namesOf } from "../topology.ts";
import type { Topology } from "../topology.ts";

/** What runs on a server unless its strategy says otherwise; controllers and clients have no processes that can be named. */
const SERVER_PROCESSES: readonly string[] = ["database"];

/** What is wrong with a target, or undefined. `hosts`: how many hosts each role has. */
export function targetProblem(
  target: Target,
  topology: Topology,
  hosts: Readonly<Record<string, number | undefined>>,
): { readonly fault: string; readonly mend: string } | undefined {
  const { servers, shards, replicas, groups, zones, processes = SERVER_PROCESSES } = topology;
  switch (target.kind) {
    case "primaries":
      return undefined;
    case "primaryOf":
    case "standbysOf":
      return standbyless(target, replicas) ?? numbered("shard", target.shard, shards);
    case "standbyOf":
      return (
        numbered("shard", target.shard, shards) ??
        ordinal(target.ordinal, replicas === undefined ? undefined : replicas - 1, "standby", "standbys of each shard")
      );
    case "server":
      return numbered("server", target.server, servers);
    case "process":
      if (!processes.includes(target.process))
        return { fault: `there is no process "${target.process}" on a server`, mend: suggestion(target.process, processes) };
      return numbered("server", target.server, servers);
    case "location": {
      const names = zones === undefined ? undefined : namesOf(zones, target.location);
      return names === undefined || names.includes(target.name)
        ? undefined
        : {
            fault: `there is no ${target.location} "${target.name}"`,
            mend: elsewhere(target.name, names, `this cluster has no named ${target.location}`),
          };
    }
    case "randomServers":
      if (target.count === 0) return { fault: "0 servers are no target", mend: "write random 1 servers or more" };
      return servers === undefined || target.count <= servers
        ? undefined
        : { fault: `there are only ${servers} servers`, mend: `write random ${servers} servers or fewer` };
    case "role":
      if (hosts[target.role] === 0)
        return target.role === "router"
          ? { fault: "there is no router: clients route for themselves", mend: "write routing: proxy, or aim elsewhere" }
          : { fault: `there is no ${target.role}: nothing moves here`, mend: "add operations: or rebalancing, or aim elsewhere" };
      return typeof target.which === "number" ? ordinal(target.which, hosts[target.role], target.role, `${target.role} hosts`) : undefined;
    case "clients":
      return groups === undefined ? undefined : clientsProblem(target, groups);
  }
}

const elsewhere = (name: string, names: readonly string[], none: string): string => (names.length === 0 ? none : suggestion(name, names));

function standbyless(target: Target, replicas: number | undefined): { readonly fault: string; readonly mend: string } | undefined {
  return target.kind === "standbysOf" && replicas === 1
    ? { fault: "shards have no standbys: replicas is 1", mend: "aim at the primary, or write more replicas" }
    : undefined;
}

/** Shards and servers count from 0. */
function numbered(what: string, n: number, count: number | undefined): { readonly fault: string; readonly mend: string } | undefined {
  if (count === undefined || count === 0 || n < count) return undefined;
  return {
    fault: `there is no ${what} ${n}`,
    mend: count === 1 ? `the only one is ${what} 0` : `there are ${count}: ${what} 0 to ${what} ${count - 1}`,
  };
}

/** Standbys and controllers count from 1. */
function ordinal(
  n: number,
  count: number | undefined,
  what: string,
  all: string,
): { readonly fault: string; readonly mend: string } | undefined {
  if (count === undefined || (n >= 1 && n <= count)) return undefined;
  return { fault: `there is no ${what} ${n}`, mend: n === 0 ? `they count from 1: ${what} 1` : `${all}: ${count}` };
}

function clientsProblem(
  target: Target & { readonly kind: "clients" },
  groups: NonNullable<Topology["groups"]>,
): { readonly fault: string; readonly mend: string } | undefined {
  const group = groups.find(({ name }) => name === target.group);
  if (group === undefined)
    return {
      fault: `there is no client group "${target.group}"`,
      mend: elsewhere(
        target.group,
        groups.map(({ name }) => name),
        "name one under cluster.clients",
      ),
    };
  if (target.zone === undefined || group.zones.includes(target.zone)) return undefined;
  return {
    fault: `client group "${group.name}" has no hosts in zone "${target.zone}"`,
    mend: elsewhere(target.zone, group.zones, "give it zones"),
  };
}
