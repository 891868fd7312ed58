/**
 * A strategy's run at another load, and with a failure domain gone: what `capacity` varies. Streams are named by content, so that a run at
 * twice the load draws from the same streams as the run itself.
 */
import { unreachable } from "../../base/assert.ts";
import type { Duration } from "../../base/time.ts";
import type { LocationSpec } from "../../simulator/cluster/spec.ts";
import type { FaultSpec, Target } from "../../simulator/faults/fault.ts";
import type { DistributionSpec } from "../../simulator/kernel/distribution-spec.ts";
import type { ArrivalsSpec, WorkloadSpec } from "../../simulator/workload/workload.ts";
import type { StrategyRun } from "../scenario/scenario.ts";

export interface Variant {
  /** Operations come so many times as often; clients of closed loops are so many times as many. */
  readonly load: number;
  /** What dies for ever as measured time begins; undefined: nothing does. */
  readonly gone: Domain | undefined;
  /** Microseconds that are added to measured time. */
  readonly longer: number;
}

/** What can fail as one: a place, or a single server where there is but one place. */
export type Domain = LocationSpec | { readonly kind: "server"; readonly server: number };

export const domainText = (domain: Domain): string =>
  domain.kind === "server" ? `server ${domain.server}` : `${domain.kind} ${domain.name}`;

/** The run without its own faults and planned operations, at this load. */
export function variantOf(run: StrategyRun, { load, gone, longer }: Variant): StrategyRun {
  const kept = { ...run };
  Reflect.deleteProperty(kept, "operations");
  return {
    ...kept,
    duration: (run.duration + longer) as Duration,
    workload: run.workload.map((workload) => atLoad(workload, load)),
    faults: gone === undefined ? [] : [deathOf(gone)],
  };
}

/** The failure domains of a run: its zones, if there are several, else its racks, else its servers. */
export function domainsOf({ cluster }: StrategyRun): readonly Domain[] {
  const zones = cluster.regions.flatMap((region) => region.zones).filter((zone) => zone.racks.some((rack) => rack.servers > 0));
  if (zones.length > 1) return zones.map(({ name }): Domain => ({ kind: "zone", name }));
  const racks = zones.flatMap((zone) => zone.racks).filter((rack) => rack.servers > 0);
  if (racks.length > 1) return racks.map(({ name }): Domain => ({ kind: "rack", name }));
  const servers = racks.reduce((sum, rack) => sum + rack.servers, 0);
  return Array.from({ length: servers }, (_, server): Domain => ({ kind: "server", server }));
}

function deathOf(domain: Domain): FaultSpec {
  const target: Target = domain.kind === "server" ? domain : { kind: "location", location: domain.kind, name: domain.name };
  const label = `${domainText(domain)} gone`;
  const at: DistributionSpec = { kind: "constant", value: 0 };
  return {
    name: label,
    label,
    when: { kind: "at", at },
    action: { kind: "hostDeath", target: [target] },
    lasts: { kind: "ever" },
    path: "",
  };
}

function atLoad(workload: WorkloadSpec, load: number): WorkloadSpec {
  const { trace, arrivals } = workload;
  if (trace === undefined) return { ...workload, arrivals: arrivalsAt(arrivals, load) };
  return { ...workload, trace: { ...trace, timeScale: trace.timeScale / load } };
}

function arrivalsAt(arrivals: ArrivalsSpec, load: number): ArrivalsSpec {
  switch (arrivals.kind) {
    case "poisson":
    case "constant":
      return { ...arrivals, rate: arrivals.rate * load };
    case "mmpp":
      return { ...arrivals, rates: arrivals.rates.map((rate) => rate * load) };
    case "gaps":
      return { ...arrivals, gap: scaled(arrivals.gap, 1 / load) };
    case "closed":
      return { ...arrivals, clients: Math.max(1, Math.round(arrivals.clients * load)) };
    case "trace":
    case "following":
      // One operation after each of another workload: it grows with that.
      return arrivals;
    default:
      return unreachable(arrivals);
  }
}

/** The distribution of `by` times a draw. */
export function scaled(spec: DistributionSpec, by: number): DistributionSpec {
  switch (spec.kind) {
    case "constant":
      return { ...spec, value: spec.value * by };
    case "uniform":
      return { ...spec, from: spec.from * by, to: spec.to * by };
    case "exponential":
      return { ...spec, mean: spec.mean * by };
    case "normal":
    case "lognormalMoments":
      return { ...spec, mean: spec.mean * by, sd: spec.sd * by };
    case "lognormal":
      return { ...spec, median: spec.median * by, quantile: spec.quantile * by };
    case "gamma":
      return { ...spec, mean: spec.mean * by };
    case "weibull":
      return { ...spec, scale: spec.scale * by };
    case "pareto":
      return { ...spec, min: spec.min * by };
    case "gpareto":
    case "gev":
      return { ...spec, location: spec.location * by, scale: spec.scale * by };
    case "mixture":
      return { ...spec, parts: spec.parts.map((part) => ({ ...part, of: scaled(part.of, by) })) };
    case "shifted":
      return { ...spec, by: spec.by * by, of: scaled(spec.of, by) };
    case "quantiles":
      return { ...spec, points: spec.points.map((point) => ({ ...point, value: point.value * by })) };
    case "empirical":
      return spec.values === undefined ? spec : { ...spec, values: spec.values.map((value) => value * by) };
    default:
      return unreachable(spec);
  }
}
