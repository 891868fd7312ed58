/** Planned operations: what contradicts itself or cannot be on a strategy's cluster, and what they are as a run gets them. */
import type { OperationAction, OperationSpec } from "../../../simulator/cluster/spec.ts";
import type { Report } from "../checks/report.ts";
import type { ReadStrategy } from "../read-strategies.ts";
import { distributionText, durationText, timesOf } from "../schema/fields.ts";
import { OPERATION_KINDS, operationSchema } from "../schema/operations.ts";
import type { RawOperation } from "../schema/operations.ts";
import { suggestion } from "../text/suggest.ts";
import type { Node } from "../text/node.ts";
import { byText, namesOf, serversOf } from "../topology.ts";
import type { Topology, TopologyZone } from "../topology.ts";

/** Problems that do not depend on a strategy. */
export function checkOperation(raw: Partial<RawOperation>, item: Node, duration: number | undefined, report: Report): void {
  const keys = item.kind === "map" ? [...item.entries.keys()] : [];
  const kinds = OPERATION_KINDS.filter((kind) => keys.includes(kind));
  const [kind, second] = kinds;
  if (kind === undefined && !keys.some((key) => !(key in operationSchema.shape)))
    report.at([], "names no operation", "write one of add, remove, reshard");
  if (second !== undefined) report.at([second], `stands beside ${kind ?? ""}:`, "one entry is one operation: make two of it", "key");
  if (!report.has(["at"])) report.at([], "says no time", "write at: 20s");
  if (raw.at !== undefined && duration !== undefined) {
    const { earliest, latest } = timesOf(raw.at);
    const never = `measured time ends after ${durationText(duration)}`;
    if (earliest >= duration) report.at(["at"], `the operation comes too late: ${never}`, "make it earlier, or duration: longer");
    else if (Number.isFinite(latest) && latest > duration)
      report.at(["at"], `the operation can come too late: ${never}`, "make it earlier, or duration: longer");
  }
  if (raw.add?.servers === 0) report.at(["add"], "adds no server", "write add: 1 servers or more");
  if (raw.reshard === undefined) return;
  const { databases, shards } = raw.reshard;
  if (databases === undefined && shards === undefined) report.at(["reshard"], "says no number", "write { databases: 8 } or { shards: 64 }");
  if (databases !== undefined && shards !== undefined)
    report.at(["reshard", "shards"], "stands beside databases:", "shards follow from databases and tables: remove one", "key");
}

/** Items of the list with what was read of them, in the order of the file. */
export interface ReadOperation {
  readonly raw: Partial<RawOperation>;
  readonly reportFor: (own: string | undefined) => Report;
}

/** Problems with the cluster and parts of one strategy; operations are gone through in the order of their times. */
export function checkOperations(operations: readonly ReadOperation[], strategy: ReadStrategy): void {
  const { topology, parts, own, name } = strategy;
  const { zones, servers, replicas } = topology;
  if (zones === undefined || servers === undefined) return;
  const sharding = parts?.sharding.name;
  const isOver = parts?.sharding.beside["over"] === "servers";
  const there = new Set(Array.from({ length: servers }, (_, server) => server));
  let next = servers;
  for (const { raw, reportFor } of inTime(operations)) {
    const report = reportFor(own);
    const ofStrategy = reportFor(name);
    if (parts?.replication.name === "raft")
      ofStrategy.at([], "planned operations are not built yet for replication by raft", "replicate another way, or remove it");
    if (parts?.failover.name === "lease")
      ofStrategy.at([], "planned operations are not built yet for failover by lease", "write failover: monitor, or remove it");
    if (raw.add !== undefined) {
      const { zone } = raw.add;
      const names = namesOf(zones, "zone");
      if (zone !== undefined && !names.includes(zone)) report.at(["add"], `there is no zone "${zone}"`, suggestion(zone, names));
      for (let i = 0; i < raw.add.servers; i += 1) there.add(next++);
    }
    if (raw.remove !== undefined) {
      if (!there.has(raw.remove)) {
        const gone = raw.remove < next;
        report.at(
          ["remove"],
          gone ? `server ${raw.remove} has left before` : `there is no server ${raw.remove} then`,
          gone ? "remove this operation" : `there are ${next}: server 0 to server ${next - 1}`,
        );
      }
      there.delete(raw.remove);
      if (replicas !== undefined && there.size < replicas)
        report.at(
          ["remove"],
          `${replicas} replicas do not fit on the ${there.size} server${there.size === 1 ? "" : "s"} left`,
          "keep fewer replicas, or add a server first",
        );
    }
    if (raw.reshard === undefined || sharding === undefined) continue;
    const key = raw.reshard.databases === undefined ? "shards" : "databases";
    const steps = ["reshard", key];
    if (isOver) ofStrategy.at(["reshard"], "keys are dealt over servers", "add or remove servers: the division follows");
    else if ((key === "databases") !== (sharding === "databaseTable"))
      ofStrategy.at(
        steps,
        key === "databases" ? `${sharding} has no databases` : "databaseTable has databases and tables",
        key === "databases" ? "write shards:" : "write databases:",
      );
    else if (sharding === "boundedRing" || sharding === "directory")
      ofStrategy.at(["reshard"], `resharding of ${sharding} is not built yet`, "use another sharding");
  }
}

const inTime = (operations: readonly ReadOperation[]): readonly ReadOperation[] => [...operations].sort((a, b) => startOf(a) - startOf(b));
const startOf = ({ raw }: ReadOperation): number => (raw.at === undefined ? 0 : timesOf(raw.at).earliest);

/** How many servers operations add. */
export const addedServers = (operations: readonly Partial<RawOperation>[]): number =>
  operations.reduce((sum, { add }) => sum + (add?.servers ?? 0), 0);

/** In the order of their names; equal ones are numbered. Needs operations in which checks found nothing. */
export function operationSpecs(given: readonly RawOperation[], topology: Topology): readonly OperationSpec[] {
  const zones = topology.zones ?? [];
  const counts = new Map(zones.map((zone) => [zone.name, serversOf(zone)]));
  const named = given
    .map((raw) => ({ raw, what: actionText(raw), name: `${actionText(raw)} at ${distributionText(raw.at ?? NO_TIME)}` }))
    .sort((a, b) => byText(a.name, b.name));
  const seen = new Map<string, number>();
  return named.map(({ raw, what, name }) => {
    const ordinal = (seen.get(name) ?? 0) + 1;
    seen.set(name, ordinal);
    return {
      name: ordinal === 1 ? name : `${name}#${ordinal}`,
      label: raw.label ?? what,
      at: raw.at ?? NO_TIME,
      action: actionOf(raw, zones, counts),
      throttle: raw.throttle ?? 0,
      cutover: raw.cutover,
    };
  });
}

/** Never used: an operation without a time is a problem. */
const NO_TIME: NonNullable<RawOperation["at"]> = { kind: "constant", value: 0 };

function actionOf(raw: RawOperation, zones: readonly TopologyZone[], counts: Map<string, number>): OperationAction {
  if (raw.remove !== undefined) return { kind: "remove", server: raw.remove };
  if (raw.reshard !== undefined) {
    const { databases, shards } = raw.reshard;
    return { kind: "reshard", into: databases === undefined ? { kind: "shards", shards: shards ?? 1 } : { kind: "databases", databases } };
  }
  const { servers, zone } = raw.add ?? { servers: 0, zone: undefined };
  const populated = zones.filter((candidate) => serversOf(candidate) > 0).map(({ name }) => name);
  return {
    kind: "add",
    zones: Array.from({ length: servers }, () => {
      // Each to the zone that has fewest by now; equal ones in their order.
      const chosen = zone ?? populated.reduce((best, name) => ((counts.get(name) ?? 0) < (counts.get(best) ?? 0) ? name : best));
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
      return chosen;
    }),
  };
}

function actionText({ add, remove, reshard }: RawOperation): string {
  if (add !== undefined) return `add ${add.servers} servers${add.zone === undefined ? "" : ` in zone ${add.zone}`}`;
  if (remove !== undefined) return `remove server ${remove}`;
  return reshard?.databases === undefined ? `reshard into ${reshard?.shards ?? 0} shards` : `reshard into ${reshard.databases} databases`;
}
