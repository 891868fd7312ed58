/**
 * What is known of a distribution without drawing: mean, variance, distribution function, ends. Of the spec itself,
 * that is before rounding to whole numbers and before a time below 0 becomes 0.
 */
import { assert, unreachable } from "../../base/assert.ts";
import type { DistributionSpec, QuantilePoint } from "./distribution-spec.ts";
import { lognormalParameters } from "./distributions.ts";
import { gammaCdf, logGamma, normalCdf } from "./special-functions.ts";

/** The mean; Infinity for a Pareto with alpha <= 1, and for generalised Pareto and extreme values of shape >= 1. */
export function distributionMean(spec: DistributionSpec): number {
  switch (spec.kind) {
    case "constant":
      return spec.value;
    case "uniform":
      return spec.from + (spec.to - spec.from) / 2;
    case "exponential":
    case "normal":
    case "lognormalMoments":
    case "gamma":
      return spec.mean;
    case "lognormal": {
      const { mu, sigma } = lognormalParameters(spec);
      return Math.exp(mu + (sigma * sigma) / 2);
    }
    case "weibull":
      return spec.scale * Math.exp(logGamma(1 + 1 / spec.shape));
    case "pareto":
      return spec.alpha > 1 ? (spec.alpha * spec.min) / (spec.alpha - 1) : Infinity;
    case "gpareto":
      return spec.shape < 1 ? spec.location + spec.scale / (1 - spec.shape) : Infinity;
    case "gev":
      return spec.shape < 1 ? spec.location + (spec.scale * (Math.exp(logGamma(1 - spec.shape)) - 1)) / spec.shape : Infinity;
    case "mixture":
      return sum(spec.parts, (part) => part.weight * distributionMean(part.of));
    case "shifted":
      return spec.by + distributionMean(spec.of);
    case "quantiles":
      return sum(segments(spec.points), ([a, b]) => ((b.at - a.at) * (a.value + b.value)) / 2);
    case "empirical": {
      const values = valuesOf(spec);
      return sum(values, (value) => value / values.length);
    }
    default:
      return unreachable(spec);
  }
}

/** The variance; Infinity for a Pareto with alpha <= 2, and for generalised Pareto and extreme values of shape >= 1/2. */
export function distributionVariance(spec: DistributionSpec): number {
  switch (spec.kind) {
    case "constant":
      return 0;
    case "uniform":
      return ((spec.to - spec.from) * (spec.to - spec.from)) / 12;
    case "exponential":
      return spec.mean * spec.mean;
    case "normal":
    case "lognormalMoments":
      return spec.sd * spec.sd;
    case "lognormal": {
      const { mu, sigma } = lognormalParameters(spec);
      return Math.expm1(sigma * sigma) * Math.exp(2 * mu + sigma * sigma);
    }
    case "gamma":
      return (spec.mean * spec.mean) / spec.shape;
    case "weibull": {
      const first = Math.exp(logGamma(1 + 1 / spec.shape));
      return spec.scale * spec.scale * (Math.exp(logGamma(1 + 2 / spec.shape)) - first * first);
    }
    case "pareto": {
      const { min, alpha } = spec;
      return alpha > 2 ? (min * min * alpha) / ((alpha - 1) * (alpha - 1) * (alpha - 2)) : Infinity;
    }
    case "gpareto": {
      const { scale, shape } = spec;
      return shape < 0.5 ? (scale * scale) / ((1 - shape) * (1 - shape) * (1 - 2 * shape)) : Infinity;
    }
    case "gev": {
      const { scale, shape } = spec;
      if (shape >= 0.5) return Infinity;
      const first = Math.exp(logGamma(1 - shape));
      const unit = scale / shape;
      return unit * unit * (Math.exp(logGamma(1 - 2 * shape)) - first * first);
    }
    case "mixture": {
      const mean = distributionMean(spec);
      return sum(spec.parts, ({ weight, of }) => {
        const apart = distributionMean(of) - mean;
        return weight * (distributionVariance(of) + apart * apart);
      });
    }
    case "shifted":
      return distributionVariance(spec.of);
    case "quantiles": {
      const mean = distributionMean(spec);
      return sum(segments(spec.points), ([a, b]) => {
        const [x, y] = [a.value - mean, b.value - mean];
        return ((b.at - a.at) * (x * x + x * y + y * y)) / 3;
      });
    }
    case "empirical": {
      const values = valuesOf(spec);
      const mean = distributionMean(spec);
      return sum(values, (value) => ((value - mean) * (value - mean)) / values.length);
    }
    default:
      return unreachable(spec);
  }
}

/** The distribution function: for each x the share of draws at or below it. */
export function distributionCdf(spec: DistributionSpec): (x: number) => number {
  switch (spec.kind) {
    case "constant":
      return (x) => (x < spec.value ? 0 : 1);
    case "uniform":
      return (x) => (x < spec.from ? 0 : x >= spec.to ? 1 : (x - spec.from) / (spec.to - spec.from));
    case "exponential":
      return (x) => (x <= 0 ? 0 : -Math.expm1(-x / spec.mean));
    case "normal":
      return (x) => normalCdf((x - spec.mean) / spec.sd);
    case "lognormal":
    case "lognormalMoments": {
      const { mu, sigma } = lognormalParameters(spec);
      return (x) => (x <= 0 ? 0 : normalCdf((Math.log(x) - mu) / sigma));
    }
    case "gamma":
      return (x) => gammaCdf(spec.shape, (x * spec.shape) / spec.mean);
    case "weibull":
      return (x) => (x <= 0 ? 0 : -Math.expm1(-Math.exp(spec.shape * Math.log(x / spec.scale))));
    case "pareto":
      return (x) => (x < spec.min ? 0 : -Math.expm1(-spec.alpha * Math.log(x / spec.min)));
    case "gpareto":
      return (x) => (x <= spec.location ? 0 : -Math.expm1(-Math.log1p((spec.shape * (x - spec.location)) / spec.scale) / spec.shape));
    case "gev": {
      const { location, scale, shape } = spec;
      return (x) => {
        const inside = 1 + (shape * (x - location)) / scale;
        return inside <= 0 ? 0 : Math.exp(-Math.exp(-Math.log(inside) / shape));
      };
    }
    case "mixture": {
      const parts = spec.parts.map((part) => ({ weight: part.weight, cdf: distributionCdf(part.of) }));
      return (x) => sum(parts, ({ weight, cdf }) => weight * cdf(x));
    }
    case "shifted": {
      const cdf = distributionCdf(spec.of);
      return (x) => cdf(x - spec.by);
    }
    case "quantiles": {
      const parts = segments(spec.points);
      const greatest = spec.points.at(-1)!.value;
      return (x) => {
        const inside = parts.findLast(([a]) => a.value <= x);
        if (inside === undefined || x >= greatest) return inside === undefined ? 0 : 1;
        const [a, b] = inside;
        return a.at + ((b.at - a.at) * (x - a.value)) / (b.value - a.value);
      };
    }
    case "empirical": {
      const values = valuesOf(spec);
      return (x) => values.filter((value) => value <= x).length / values.length;
    }
    default:
      return unreachable(spec);
  }
}

/** The least and the greatest value it can give; infinite where there is no bound. */
export function distributionRange(spec: DistributionSpec): { readonly from: number; readonly to: number } {
  switch (spec.kind) {
    case "constant":
      return { from: spec.value, to: spec.value };
    case "uniform":
      return { from: spec.from, to: spec.to };
    case "normal":
      return { from: -Infinity, to: Infinity };
    case "exponential":
    case "lognormal":
    case "lognormalMoments":
    case "gamma":
    case "weibull":
      return { from: 0, to: Infinity };
    case "pareto":
      return { from: spec.min, to: Infinity };
    case "gpareto":
      return { from: spec.location, to: Infinity };
    case "gev":
      return { from: spec.location - spec.scale / spec.shape, to: Infinity };
    case "mixture": {
      const ranges = spec.parts.map((part) => distributionRange(part.of));
      return { from: Math.min(...ranges.map((range) => range.from)), to: Math.max(...ranges.map((range) => range.to)) };
    }
    case "shifted": {
      const { from, to } = distributionRange(spec.of);
      return { from: spec.by + from, to: spec.by + to };
    }
    case "quantiles":
      return { from: spec.points[0]!.value, to: spec.points.at(-1)!.value };
    case "empirical": {
      const values = valuesOf(spec);
      return { from: values.reduce((a, b) => Math.min(a, b)), to: values.reduce((a, b) => Math.max(a, b)) };
    }
    default:
      return unreachable(spec);
  }
}

function valuesOf(spec: Extract<DistributionSpec, { kind: "empirical" }>): readonly number[] {
  assert(spec.values !== undefined && spec.values.length > 0, `no values of ${spec.file} ${spec.column}`);
  return spec.values;
}

const segments = (points: readonly QuantilePoint[]): readonly (readonly [QuantilePoint, QuantilePoint])[] =>
  points.slice(1).map((point, i) => [points[i]!, point]);

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0);
