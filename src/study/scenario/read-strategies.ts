/** `common:` and `strategies:`, merged and read, each with the cluster it runs on. */
import type { Registry, RawStrategy } from "./schema/strategy.ts";
import { choiceAt, commonSchema, strategySchema } from "./schema/strategy.ts";
import { checkCluster, checkHosts } from "./checks/cluster.ts";
import { reportOn } from "./checks/report.ts";
import type { Problems } from "./problem.ts";
import { clientsSchema, clusterSchema } from "./schema/cluster.ts";
import type { RawCluster } from "./schema/cluster.ts";
import { readSection } from "./schema/read-section.ts";
import { addIssues, errorMap } from "./text/issues.ts";
import { mergeNodes } from "./text/merge.ts";
import { child, descend, emptyMap, plain } from "./text/node.ts";
import type { MapNode, Node } from "./text/node.ts";
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

/** In the order of the file. */
export function readStrategies(tree: MapNode, registry: Registry, problems: Problems): readonly ReadStrategy[] {
  const common = child(tree, "common");
  if (common !== undefined) checkCommon(common, registry, problems);
  const strategies = child(tree, "strategies");
  if (strategies?.kind !== "map") return [];
  if (strategies.entries.size === 0) problems.add(strategies.place, "names no strategy", "name one, such as { plain: {} }");
  const taken = strategies.entries.get("all");
  if (taken !== undefined) problems.add(taken.key, 'a strategy cannot be called "all"', 'expectations say "all" for every strategy: choose another name');
  const cluster = child(tree, "cluster") ?? emptyMap({ ...tree.place, path: "cluster" });
  return [...strategies.entries].map(([name, { value }]) => readStrategy(name, value, common, cluster, registry, problems));
}

/** Options that strategies complete may be missing here; all else is wrong in whichever strategy it ends. */
function checkCommon(common: Node, registry: Registry, problems: Problems): void {
  if (common.kind === "scalar" && common.value === undefined) return;
  const result = commonSchema(registry).safeParse(plain(common), { error: errorMap });
  const issues = result.error?.issues ?? [];
  addIssues(
    issues.filter(({ path }) => descend(common, path as readonly (string | number)[]).made === path.length),
    common,
    problems,
  );
}

function readStrategy(name: string, own: Node, common: Node | undefined, scenarioCluster: Node, registry: Registry, problems: Problems): ReadStrategy {
  // Merging is by position in `common:`; what a strategy says lies on it.
  const usable = common?.kind === "map" ? common : undefined;
  const node = mergeNodes(usable, own.kind === "scalar" && own.value === undefined ? emptyMap(own.place) : own, choiceAt, ["common"]);
  const { whole: parts, partial } = readSection(strategySchema(registry), node, problems);
  const override = child(node, "cluster");
  const clusterNode = override === undefined ? scenarioCluster : mergeNodes(scenarioCluster, override, choiceAt, ["cluster"]);
  const { whole: cluster, partial: partialCluster } = readSection(clusterSchema, clusterNode, problems);
  const list = child(clusterNode, "clients");
  const clients = list?.kind === "list" ? list.items.map((item) => readSection(clientsSchema, item, problems).partial) : (partialCluster.clients ?? []);
  const topology = topologyOf(partialCluster, list !== undefined && list.kind !== "list" ? undefined : clients);
  const isOwn = override !== undefined || child(own, "hosts") !== undefined;
  const label = isOwn ? name : undefined;
  checkCluster(partialCluster, clients, topology, reportOn(clusterNode, problems, override === undefined ? undefined : name));
  checkHosts(child(node, "hosts"), topology, reportOn(node, problems, label));
  const fallback = topology.zones === undefined ? undefined : defaultHosts(topology.zones);
  const hosts = {
    monitor: partial.hosts?.monitor?.length ?? fallback?.monitor.length,
    metadata: partial.hosts?.metadata?.length ?? fallback?.metadata.length,
  };
  return { name, node, parts, cluster, topology, hosts, own: label };
}
