/** `common:` and `strategies:`, merged and read, each with the cluster it runs on. */
import type { ChosenPart, Registry, RawStrategy } from "./schema/strategy.ts";
import { choiceAt, commonSchema, strategySchema } from "./schema/strategy.ts";
import { checkCluster, checkHosts, checkPrimaries } from "./checks/cluster.ts";
import { reportOn } from "./checks/report.ts";
import type { Report } from "./checks/report.ts";
import type { Problems } from "./problem.ts";
import { clientsSchema, clusterSchema } from "./schema/cluster.ts";
import type { RawClients, RawCluster } from "./schema/cluster.ts";
import { readSection } from "./schema/read-section.ts";
import { addIssues, errorMap } from "./text/issues.ts";
import { mergeNodes } from "./text/merge.ts";
import { child, descend, emptyMap, given, nodeOf, plain } from "./text/node.ts";
import type { Entry, MapNode, Node, Steps } from "./text/node.ts";
import { defaultHosts, topologyOf } from "./topology.ts";
import type { Topology } from "./topology.ts";

export interface ReadStrategy {
  readonly name: string;
  /** Merged with `common:`. */
  readonly node: Node;
  /** Undefined when problems were added. */
  readonly parts: RawStrategy | undefined;
  readonly cluster: RawCluster | undefined;
  readonly topology: Topology;
  /** How many hosts each role has. */
  readonly hosts: Readonly<Record<string, number | undefined>>;
  /** The name, where the strategy has a cluster or hosts of its own: problems then say whose they are. */
  readonly own: string | undefined;
}

/** Of what stands in where a file has no strategy: no name that could be written. */
export const NO_NAME = "";

/** What the strategies of one file are read with. */
interface Reading {
  readonly common: MapNode | undefined;
  /** The scenario's own cluster, and what it reads as. */
  readonly node: Node;
  readonly cluster: ReadCluster;
  readonly schema: ReturnType<typeof strategySchema>;
  readonly registry: Registry;
  readonly problems: Problems;
}

interface ReadCluster {
  readonly whole: RawCluster | undefined;
  /** The client groups, as far as they could be read. */
  readonly clients: readonly Partial<RawClients>[];
  readonly topology: Topology;
}

/** In the order of the file. */
export function readStrategies(tree: MapNode, registry: Registry, problems: Problems): readonly ReadStrategy[] {
  const common = child(tree, "common");
  if (common !== undefined) checkCommon(common, registry, problems);
  const strategies = child(tree, "strategies");
  const entries = strategies?.kind === "map" ? strategies.entries : new Map<string, Entry>();
  if (strategies?.kind === "map" && entries.size === 0)
    problems.add(strategies.place, "names no strategy", "name one, such as { plain: {} }");
  const taken = entries.get("all");
  if (taken !== undefined)
    problems.add(taken.key, 'a strategy cannot be called "all"', 'expectations say "all" for every strategy: choose another name');
  const node = given(tree, "cluster") ?? emptyMap({ ...tree.place, path: "cluster" });
  const reading: Reading = {
    common: common?.kind === "map" ? common : undefined,
    node,
    cluster: readCluster(node, problems),
    schema: strategySchema(registry),
    registry,
    problems,
  };
  if (entries.size === 0) return [noStrategy(reading)];
  return [...entries].map(([name, { value }]) => readStrategy(name, value, reading));
}

/** Where there is none, which is a problem already: the scenario's cluster, so that references to it are checked all the same. */
function noStrategy({ node, cluster: { whole, clients, topology }, problems }: Reading): ReadStrategy {
  checkCluster(node, clients, topology, reportOn(node, problems));
  return {
    name: NO_NAME,
    node: emptyMap(node.place),
    parts: undefined,
    cluster: whole,
    topology,
    hosts: hostCounts(undefined, topology),
    own: undefined,
  };
}

/** Options that strategies complete may be missing here; all else is wrong in whichever strategy it ends. */
function checkCommon(common: Node, registry: Registry, problems: Problems): void {
  if (common.kind === "scalar" && common.value === undefined) return;
  const result = commonSchema(registry).safeParse(plain(common), { error: errorMap });
  const isThere = ({ path }: { readonly path: readonly PropertyKey[] }): boolean => descend(common, path as Steps).made === path.length;
  addIssues(result.error?.issues.filter(isThere) ?? [], common, problems);
}

function readCluster(node: Node, problems: Problems): ReadCluster {
  const { whole, partial } = readSection(clusterSchema, node, problems);
  const list = child(node, "clients");
  const isList = list === undefined || list.kind === "list";
  const clients =
    list?.kind === "list" && whole === undefined
      ? list.items.map((item) => readSection(clientsSchema, item, problems).partial)
      : (partial.clients ?? []);
  return { whole, clients, topology: topologyOf(partial, isList ? clients : undefined) };
}

function readStrategy(
  name: string,
  said: Node,
  { common, node: scenarioCluster, cluster: shared, schema, registry, problems }: Reading,
): ReadStrategy {
  const own = said.kind === "scalar" && said.value === undefined ? emptyMap(said.place) : said;
  // What a strategy says lies on `common:`; merging goes by positions there.
  const merged = mergeNodes(withPreset(common, own, registry), own, choiceAt, ["common"]);
  const elects = electing(merged, registry);
  const node = elects === undefined ? withoutLeaders(merged, own, problems) : withoutFailover(merged, own, elects, registry, problems);
  const { whole: parts, partial } = readSection(schema, node, problems);
  const override = child(node, "cluster");
  const clusterNode = override === undefined ? scenarioCluster : mergeNodes(scenarioCluster, override, choiceAt, ["cluster"]);
  const { whole: cluster, clients, topology: asGiven } = override === undefined ? shared : readCluster(clusterNode, problems);
  const topology = withOwnShards(partial.sharding, asGiven, registry, reportOn(clusterNode, problems, name));
  const label = override !== undefined || child(own, "hosts") !== undefined ? name : undefined;
  checkCluster(clusterNode, clients, topology, reportOn(clusterNode, problems, override === undefined ? undefined : name));
  checkPrimaries(child(node, "placement"), topology, reportOn(node, problems, label));
  checkHosts(child(node, "hosts"), topology, reportOn(node, problems, label));
  checkMembers(parts, cluster, reportOn(node, problems, name));
  checkFencing(parts, reportOn(node, problems, name));
  checkMoves(parts, reportOn(node, problems, name));
  checkLease(parts, reportOn(node, problems, name));
  return {
    name,
    node,
    parts: withPlacement(parts, node, registry),
    cluster,
    topology: partial.failover?.name === "lease" ? { ...topology, processes: ["database", "agent"] } : topology,
    hosts: hostCounts(partial.hosts, topology),
    own: label,
  };
}

/** Shards as the sharding has them where it has a number of its own: `cluster.shards` would say something else. */
function withOwnShards(sharding: ChosenPart | undefined, topology: Topology, registry: Registry, report: Report): Topology {
  if (sharding === undefined) return topology;
  const entry = registry.parts.sharding[sharding.name];
  const own = entry?.shards?.(sharding.options as never);
  const overServers = sharding.beside["over"] === "servers";
  if (own === undefined && !overServers) return topology;
  if (report.has(["shards"])) {
    const who = own === undefined ? "sharding over servers has one shard a server" : `${sharding.name} has ${own} shards of its own`;
    report.at(["shards"], `cannot be said: ${who}`, "remove shards here, and write it in the cluster of the strategies that need it");
  }
  return { ...topology, shards: own ?? topology.servers };
}

/** Where keys are dealt over servers and nothing else is said, a server's successors hold the replicas, as in Dynamo. */
function withPlacement(parts: RawStrategy | undefined, node: Node, registry: Registry): RawStrategy | undefined {
  const successors = registry.parts.placement["ringSuccessors"];
  if (parts === undefined || successors === undefined || parts.sharding.beside["over"] !== "servers") return parts;
  if (given(node, "placement") !== undefined) return parts;
  return { ...parts, placement: { name: "ringSuccessors", options: successors.options.parse({}), beside: {} } };
}

/** `common:` laid on the parts of the preset, the strategy's own if it names one. Of what is wrong with its name the schema tells. */
function withPreset(common: MapNode | undefined, own: Node, { presets = {} }: Registry): Node | undefined {
  const named = given(own, "preset") ?? given(common, "preset");
  const name = named?.kind === "scalar" ? String(named.value) : "";
  if (named === undefined || !Object.hasOwn(presets, name)) return common;
  const base = nodeOf(presets[name]!.parts, named.place);
  return common === undefined ? base : mergeNodes(base, common, choiceAt, ["common"]);
}

/** The replication whose replicas elect their primary themselves, if that is the strategy's. */
function electing(node: Node, registry: Registry): string | undefined {
  const chosen = child(node, "replication");
  const names = chosen?.kind === "map" ? [...chosen.entries.keys()] : chosen?.kind === "scalar" ? [String(chosen.value)] : [];
  return names.find((name) => Object.hasOwn(registry.parts.replication, name) && hasNoPart(registry, name));
}

/** No failover and no fencing beside it: it elects its primary itself, or has none. */
const hasNoPart = ({ parts }: Registry, name: string): boolean =>
  parts.replication[name]?.ownFailover === true || parts.replication[name]?.leaderless === true;

/** What `common:` says of failover, fencing and rebalancing is for the others; what the strategy itself says is a contradiction. */
function withoutFailover(node: Node, own: Node, replication: string, registry: Registry, problems: Problems): Node {
  if (node.kind !== "map") return node;
  const entries = new Map(node.entries);
  for (const part of ["failover", "fencing", "rebalancing"]) {
    if (part === "rebalancing" && isLeaderBalancing(child(node, part))) continue;
    const said = child(own, part);
    const fault =
      part === "rebalancing"
        ? `rebalancing is not built yet for replication by ${replication}`
        : registry.parts.replication[replication]?.leaderless === true
          ? `replication ${replication} has no primary: no ${part} part can stand beside it`
          : `replication ${replication} elects its own primary: no ${part} part can stand beside it`;
    if (said !== undefined && !(said.kind === "scalar" && (said.value === "none" || said.value === undefined)))
      problems.add(said.place, fault, "leave it out");
    entries.delete(part);
  }
  return { ...node, entries };
}

const isLeaderBalancing = (node: Node | undefined): boolean =>
  node?.kind === "map" ? node.entries.has("leaderBalancing") : node?.kind === "scalar" && node.value === "leaderBalancing";

/** Where nobody elects leaders, what `common:` says of balancing them is for the others; the strategy itself cannot ask for it. */
function withoutLeaders(node: Node, own: Node, problems: Problems): Node {
  if (node.kind !== "map" || !isLeaderBalancing(child(node, "rebalancing"))) return node;
  const said = child(own, "rebalancing");
  if (said !== undefined)
    problems.add(
      said.place,
      "leaders are balanced only where replicas elect them",
      "write replication: raft, or rebalancing: onMembershipChange",
    );
  const entries = new Map(node.entries);
  entries.delete("rebalancing");
  return { ...node, entries };
}

/** Where members are told apart, their sets are numbers of so many bits. */
const MEMBERS_MOST = 30;

/** What monitors do for fencing nobody else does. */
function checkFencing(parts: RawStrategy | undefined, report: Report): void {
  if (parts === undefined || !(["lease", "stonith"] as readonly string[]).includes(parts.fencing.name)) return;
  if ((["monitor", "manual"] as readonly string[]).includes(parts.failover.name)) return;
  report.at(
    ["fencing"],
    `fencing by ${parts.fencing.name} is done by monitors, and failover is ${parts.failover.name}`,
    "write failover: monitor, or another fencing",
  );
}

/** Sentinels and gossiping servers know no other placement than that of the beginning. */
function checkMoves(parts: RawStrategy | undefined, report: Report): void {
  const failover = parts?.failover.name;
  if (parts?.rebalancing.kind === "none" || !["sentinels", "gossip", "lease"].includes(failover ?? "")) return;
  report.at(["rebalancing"], `rebalancing is not built yet for failover by ${failover}`, "leave it out, or fail over another way");
}

function checkMembers(parts: RawStrategy | undefined, cluster: RawCluster | undefined, report: Report): void {
  if (parts === undefined || cluster === undefined || cluster.replicas <= MEMBERS_MOST) return;
  const needy = (["replication", "failover"] as const).find(
    (part) => !(["none", "asynchronous"] as readonly string[]).includes(parts[part].name),
  );
  if (needy === undefined) return;
  report.at(
    [needy],
    `${parts[needy].name} tells at most ${MEMBERS_MOST} replicas apart, not ${cluster.replicas}`,
    `write replicas: ${MEMBERS_MOST} or fewer in cluster, or ${needy}: none`,
  );
}

/** Agents of a lease know who holds a replica from the start, and nothing of members that must acknowledge. */
function checkLease(parts: RawStrategy | undefined, report: Report): void {
  if (parts?.failover.name !== "lease") return;
  const { name } = parts.replication;
  if (!["none", "asynchronous"].includes(name))
    report.at(
      ["failover"],
      `failover by lease is not built yet for ${name} replication`,
      "write replication: asynchronous, or failover: monitor",
    );
}

function hostCounts(given: RawStrategy["hosts"] | undefined, { zones }: Topology): ReadStrategy["hosts"] {
  const fallback = zones === undefined ? undefined : defaultHosts(zones);
  const count = (role: "monitor" | "sentinel" | "metadata" | "router"): number | undefined => (given?.[role] ?? fallback?.[role])?.length;
  return { monitor: count("monitor"), sentinel: count("sentinel"), metadata: count("metadata"), router: count("router"), rebalancer: 1 };
}
