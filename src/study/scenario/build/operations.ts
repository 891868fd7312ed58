/** Planned operations: what contradicts itself or cannot be on a strategy's cluster, and what they are as a run gets them. */
import type { OperationAction, OperationSpec, SwitchoverSpec } from "../../../simulator/cluster/spec.ts";
import type { Report } from "../checks/report.ts";
import type { ReadStrategy } from "../read-strategies.ts";
import { distributionText, durationText, timesOf } from "../schema/fields.ts";
import { OPERATION_KINDS, operationSchema } from "../schema/operations.ts";
import type { RawOperation, RawSwitchover } from "../schema/operations.ts";
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
    report.at([], "names no operation", "write one of add, remove, reshard, switchover");
  if (second !== undefined) report.at([second], `stands beside ${kind ?? ""}:`, "one entry is one operation: make two of it", "key");
  if (!report.has(["at"])) report.at([], "says no time", "write at: 20s");
  if (raw.at !== undefined && duration !== undefined) {
    const { earliest, latest } = timesOf(raw.at);
    const never = `measured time ends after ${durationText(duration)}`;
    if (earliest >= duration) report.at(["at"], `the operation comes too late: ${never}`, "make it earlier, or duration: longer");
    else if (Number.isFinite(latest) && latest > duration)
      report.at(["at"], `the operation can come too late: ${never}`, "make it earlier, or duration: longer");
  }
  for (const key of ["to", "within"])
    if (kind !== undefined && kind !== "switchover" && keys.includes(key))
      report.at([key], `means nothing beside ${kind}:`, `remove ${key}:, or write switchover:`, "key");
  if (raw.switchover !== undefined) {
    if (keys.includes("throttle")) report.at(["throttle"], "means nothing beside switchover: nothing is copied", "remove throttle:", "key");
    if (raw.cutover === "dualWrite") report.at(["cutover"], "both places have every write already", "write forwarding, or freeze");
    const { switchover: of, to } = raw;
    if (to?.kind === "standby" && !(of.kind === "shard" && of.shard === to.shard))
      report.at(["to"], `is a standby of shard ${to.shard}`, "name a standby of the shard that changes, or leave to: out");
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
    if (raw.switchover !== undefined) checkSwitchover(raw, strategy, next, report, ofStrategy);
    else if (parts?.replication.name === "raft")
      ofStrategy.at([], "planned operations are not built yet for replication by raft", "replicate another way, or remove it");
    const failover = parts?.failover.name;
    if (failover === "sentinels" || failover === "gossip" || failover === "lease")
      ofStrategy.at([], `planned operations are not built yet for failover by ${failover}`, "fail over another way, or remove it");
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

/** `servers`: how many there are by then. */
function checkSwitchover(
  { switchover, to }: Partial<RawOperation>,
  { topology, parts }: ReadStrategy,
  servers: number,
  report: Report,
  ofStrategy: Report,
): void {
  const { zones, shards, replicas } = topology;
  if (replicas === 1 || parts?.replication.name === "none")
    ofStrategy.at(["switchover"], "there is no standby to take over", "replicate, or remove this operation");
  if (switchover?.kind === "shard" && shards !== undefined && switchover.shard >= shards)
    report.at(["switchover"], `there is no shard ${switchover.shard}`, `there are ${shards}: shard 0 to shard ${shards - 1}`);
  if (switchover?.kind === "server" && switchover.server >= servers)
    report.at(["switchover"], `there is no server ${switchover.server} then`, `there are ${servers}: server 0 to server ${servers - 1}`);
  if (switchover?.kind === "location" && zones !== undefined) {
    const { kind, name } = switchover.location;
    const names = namesOf(zones, kind);
    if (!names.includes(name)) report.at(["switchover"], `there is no ${kind} "${name}"`, suggestion(name, names));
  }
  if (to?.kind === "server" && to.server >= servers)
    report.at(["to"], `there is no server ${to.server} then`, `there are ${servers}: server 0 to server ${servers - 1}`);
  if (to?.kind === "standby" && replicas !== undefined && (to.ordinal === 0 || to.ordinal >= replicas))
    report.at(["to"], `there is no standby ${to.ordinal}`, `there are ${replicas - 1}, from standby 1`);
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
  return named(given.filter(({ switchover }) => switchover === undefined)).map(({ raw, label, name, at }) => ({
    name,
    label,
    at,
    action: actionOf(raw, zones, counts),
    throttle: raw.throttle ?? 0,
    cutover: raw.cutover,
  }));
}

/** Planned changes of primaries, named and ordered like the others. */
export function switchoverSpecs(given: readonly RawOperation[]): readonly SwitchoverSpec[] {
  return named(given).flatMap(({ raw: { switchover, to, within, cutover }, label, name, at }) =>
    switchover === undefined
      ? []
      : [{ name, label, at, of: switchover, to: successorOf(to), cutover: cutover === "freeze" ? "freeze" : "forwarding", within }],
  );
}

function successorOf(to: RawOperation["to"]): SwitchoverSpec["to"] {
  return to?.kind === "standby" ? { kind: "standby", ordinal: to.ordinal } : to;
}

interface Named {
  readonly raw: RawOperation;
  readonly label: string;
  readonly name: string;
  readonly at: OperationSpec["at"];
}

function named(given: readonly RawOperation[]): readonly Named[] {
  const seen = new Map<string, number>();
  return given
    .map((raw) => ({ raw, what: actionText(raw), name: `${actionText(raw)} at ${distributionText(raw.at ?? NO_TIME)}` }))
    .sort((a, b) => byText(a.name, b.name))
    .map(({ raw, what, name }) => {
      const ordinal = (seen.get(name) ?? 0) + 1;
      seen.set(name, ordinal);
      return { raw, label: raw.label ?? what, name: ordinal === 1 ? name : `${name}#${ordinal}`, at: raw.at ?? NO_TIME };
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

function switchoverText(of: RawSwitchover, to: RawOperation["to"]): string {
  const whose =
    of.kind === "shard"
      ? `primary of shard ${of.shard}`
      : of.kind === "server"
        ? `primaries of server ${of.server}`
        : of.kind === "location"
          ? `primaries of ${of.location.kind} ${of.location.name}`
          : "primaries";
  const whom = to === undefined ? "" : to.kind === "server" ? ` to server ${to.server}` : ` to standby ${to.ordinal}`;
  return `switchover of ${whose}${whom}`;
}

function actionText({ add, remove, reshard, switchover, to }: RawOperation): string {
  if (switchover !== undefined) return switchoverText(switchover, to);
  if (add !== undefined) return `add ${add.servers} servers${add.zone === undefined ? "" : ` in zone ${add.zone}`}`;
  if (remove !== undefined) return `remove server ${remove}`;
  return reshard?.databases === undefined ? `reshard into ${reshard?.shards ?? 0} shards` : `reshard into ${reshard.databases} databases`;
}
