/** Planned changes of primaries: when they are due, and on which servers the primaries stand that have to go. */
import type { Random } from "../../base/random.ts";
import { serverId } from "../../base/ids.ts";
import type { Fact } from "../record/fact.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import type { PlannedSwitchover } from "../strategies/contracts.ts";
import { Cutover } from "../strategies/messages.ts";
import type { Ledger } from "./ledger.ts";
import type { RunSpec, SwitchoverSpec } from "./spec.ts";
import { buildTopology, serverPlaces } from "./topology.ts";

/** In the order of their drawn times; at one time in the order of the list, which is that of their names. */
export function switchoverPlan(spec: RunSpec, stream: (name: string) => Random): readonly PlannedSwitchover[] {
  const places = serverPlaces(buildTopology(spec.cluster, {}));
  const ofPlace = (of: SwitchoverSpec["of"]): PlannedSwitchover["of"] => {
    if (of.kind === "shard") return of;
    if (of.kind === "server") return { kind: "servers", servers: [serverId(of.server)] };
    const there = of.kind === "all" ? places : places.filter((place) => place[of.location.kind] === of.location.name);
    return { kind: "servers", servers: there.map(({ id }) => id) };
  };
  return (spec.switchovers ?? [])
    .map(({ name, label, at, of, to, cutover, within }): PlannedSwitchover => ({
      at: spec.warmup + Math.round(compileDistribution(at)(stream(`operation/${name}`))),
      label,
      of: ofPlace(of),
      to: to?.kind === "server" ? { kind: "server", server: serverId(to.server) } : to,
      cutover: cutover === "freeze" ? Cutover.Freeze : Cutover.Forwarding,
      within,
    }))
    .sort((a, b) => a.at - b.at);
}

/** How long nothing was acknowledged through each planned change that was done. */
export function switchedFacts(facts: readonly Fact[], ledger: Ledger, from: number): Fact[] {
  const switched: Fact[] = [];
  for (const fact of facts) {
    if (fact.kind !== "switchover" || fact.phase !== "done") continue;
    const { shard, epoch, to } = fact;
    const acks = ledger.shards[shard]!.firstAck;
    const first = acks.find((one) => one.epoch >= epoch);
    const last = acks.reduce(
      (latest, one) => (one.epoch < epoch && one.at <= (first?.at ?? Infinity) ? Math.max(latest, one.last) : latest),
      -Infinity,
    );
    if (last === -Infinity) continue;
    switched.push({
      at: last - from,
      kind: "switched",
      shard,
      epoch,
      server: to,
      time: first === undefined ? -1 : Math.max(0, first.at - last),
    });
  }
  return switched;
}
