/**
 * zod fields for values with units. Each takes a text or a number, gives the resolved value, and reports what is wrong
 * as one issue of code "custom" with `params: { fault, mend, offset }` (parsed.ts). Each carries what an editor needs:
 * `z.toJSONSchema(schema, { io: "input" })` describes the notation, not the resolved value.
 *
 * `.default(value)` takes a resolved value (microseconds, bytes), `.prefault("30s")` the notation; the latter reads
 * better in a generated schema.
 */
import { z } from "zod";
import type { Duration } from "../../base/time.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import { distributionRange } from "../kernel/moments.ts";
import { parseDistribution, type Quantity } from "./distribution.ts";
import { read, unreadable, type Parsed } from "./parsed.ts";
import {
  formatDrift,
  formatDuration,
  formatFactor,
  formatOffset,
  formatSize,
  parseBandwidth,
  parseCount,
  parseDrift,
  parseDuration,
  parseFactor,
  parseNumber,
  parseOffset,
  parseRate,
  parseShare,
  parseSize,
} from "./units.ts";

/** What a field's issue carries in `params`. */
export interface FieldProblem {
  readonly fault: string;
  readonly mend: string;
  /** Characters from the start of the text. */
  readonly offset: number;
}

export type Field<Value> = z.ZodType<Value, string | number>;

/** Bounds, both included. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

const NUMBER = "[+-]?[0-9][0-9_]*(\\.[0-9_]+)?([eE][+-]?[0-9]+)?";
const TIME = "(us|µs|μs|ms|s|m|min|h|d)";
const SIZE = "(B|[kKMGT]B|[KMGT]iB)";

/** A duration of whole microseconds, such as 150ms. */
export const durationField = ({ min, max }: Bounds = {}): Field<Duration> =>
  field<Duration>((text) => bounded(parseDuration(text), { min, max }, formatDuration), {
    description: "A duration: a number and us, ms, s, m (or min), h or d.",
    examples: ["150ms", "2s", "5m"],
    pattern: `^\\s*(0|${NUMBER}\\s*${TIME})\\s*$`,
  });

/** A duration that may be negative, such as -2s, in microseconds. */
export const offsetField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseOffset(text), { min, max }, formatOffset), {
    description: "A duration that may be negative: a number and us, ms, s, m (or min), h or d.",
    examples: ["500ms", "-2s"],
    pattern: `^\\s*(0|${NUMBER}\\s*${TIME})\\s*$`,
  });

/** A factor above 0, such as 4x. */
export const factorField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseFactor(text), { min, max }, formatFactor), {
    description: "A factor above 0.",
    examples: ["4x", "1.5x", 20],
    pattern: `^\\s*${NUMBER}\\s*[kM]?\\s*[x×]?\\s*$`,
    number: { exclusiveMinimum: 0 },
  });

/** How far off a clock's rate is, in parts per million: 200ppm, 1%, -0.5%. */
export const driftField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseDrift(text), { min, max }, formatDrift), {
    description: "Parts per million or a percentage; below 0 a clock runs slow.",
    examples: ["200ppm", "1%", "-0.5%"],
    pattern: `^\\s*${NUMBER}\\s*(ppm|%)\\s*$`,
    number: { not: {} },
  });

/** A range of durations, both ends included, such as 150ms..300ms; a single duration is a range of its own. */
export const durationRangeField = ({ min = 1 }: Bounds = {}): Field<{ readonly from: Duration; readonly to: Duration }> =>
  field((text) => durationRange(text, min), {
    description: "A range of durations, both ends included.",
    examples: ["150ms..300ms", "1s..2s"],
    pattern: `^\\s*${NUMBER}\\s*${TIME}(\\s*\\.\\.\\s*${NUMBER}\\s*${TIME})?\\s*$`,
    number: { not: {} },
  });

/** A rate per second, such as 4000/s. */
export const rateField = (): Field<number> =>
  field(parseRate, {
    description: "A rate: a number per unit of time.",
    examples: ["4000/s", "4k/s", "100/min"],
    pattern: `^\\s*${NUMBER}\\s*[kM]?\\s*/\\s*${TIME}\\s*$`,
  });

/** A size in whole bytes, such as 1KB. */
export const sizeField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseSize(text), { min, max }, formatSize), {
    description: "A size: a number and B, KB, MB, GB, TB (thousands) or KiB, MiB, GiB, TiB (1024).",
    examples: ["100B", "1KB", "2GiB"],
    pattern: `^\\s*(0|${NUMBER}\\s*${SIZE})\\s*$`,
  });

/** A bandwidth in bytes per second, such as 50MB/s or 1Gbps. */
export const bandwidthField = (): Field<number> =>
  field(parseBandwidth, {
    description: "A bandwidth: a size per unit of time, or bits per second.",
    examples: ["50MB/s", "1Gbps"],
    number: { not: {} },
    pattern: `^\\s*${NUMBER}\\s*(${SIZE}\\s*/\\s*${TIME}|[kKMGT]?bps|[kKMGT]?bit\\s*/\\s*${TIME})\\s*$`,
  });

/** A share from 0 to 1, such as 30% or 0.3. */
export const shareField = (): Field<number> =>
  field(parseShare, {
    description: "A share of the whole: a percentage, or a number from 0 to 1.",
    examples: ["30%", 0.3],
    pattern: `^\\s*${NUMBER}\\s*%?\\s*$`,
    number: { minimum: 0, maximum: 1 },
  });

/** A whole number of 0 or more, such as 1_000 or 5k. */
export const countField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseCount(text), { min, max }, String), {
    description: "A whole number; it may carry _, k (thousand) or M (million).",
    examples: [3, "1_000", "5k", "1M"],
    pattern: `^\\s*${NUMBER}\\s*[kM]?\\s*$`,
    number: { minimum: min ?? 0, ...(max === undefined ? {} : { maximum: max }) },
  });

/** Any number, such as 0.99 or 5k. */
export const numberField = ({ min, max }: Bounds = {}): Field<number> =>
  field((text) => bounded(parseNumber(text), { min, max }, String), {
    description: "A number; it may carry _, k (thousand) or M (million).",
    examples: [0.99, "5k"],
    pattern: `^\\s*${NUMBER}\\s*[kM]?\\s*$`,
    number: { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) },
  });

const DISTRIBUTION_EXAMPLES: Readonly<Record<Quantity, readonly string[]>> = {
  duration: ["5ms", "1ms..3ms", "exp(2ms)", "lognormal(median 1ms p99 6ms)", "normal(30ms sd 1ms)", "mix(90% exp(1ms) 10% 20ms)"],
  size: ["1KB", "100B..2KB", "exp(1KB)", "lognormal(median 1KB p99 100KB)", "empirical(sizes.csv bytes)"],
  number: ["5", "1..100", "normal(0 sd 20)", "exp(20)"],
};

/** A distribution of durations, sizes or plain numbers, such as exp(2ms); what lies outside the bounds for certain is refused. */
export const distributionField = (quantity: Quantity, { min, max }: Bounds = {}): Field<DistributionSpec> =>
  field((text) => distributionWithin(parseDistribution(text, quantity), { min, max }, quantity), {
    description: `A distribution of ${quantity}s, its words separated by spaces, without commas: ${["a constant", "a range", "exp", "normal", "lognormal", "gamma", "weibull", "pareto", "mix", "quantiles", "empirical"].join(", ")}.`,
    examples: DISTRIBUTION_EXAMPLES[quantity],
    pattern: "^[^,]+$",
    ...(quantity === "number" ? { number: {} } : {}),
  });

interface Meta {
  readonly description: string;
  readonly examples: readonly (string | number)[];
  readonly pattern: string;
  /** The keywords that tell which bare numbers are good too: by default none but 0. */
  readonly number?: Readonly<Record<string, unknown>>;
}

/** Numbers are read through their decimal text, so that 5 and "5" are judged alike. */
function field<Value>(
  parse: (text: string) => Parsed<Value>,
  { description, examples, pattern, number = { const: 0 } }: Meta,
): Field<Value> {
  return (
    z
      .union([z.string().meta({ pattern }), z.number().meta({ ...number })])
      // Bounds may exclude some of the usual examples.
      .meta({ description, examples: examples.filter((example) => parse(String(example)).ok) })
      .transform((given, context): Value => {
        const result = parse(String(given));
        if (result.ok) return result.value;
        const { fault, mend, offset } = result;
        context.issues.push({
          code: "custom",
          input: given,
          message: `${fault}; ${mend}`,
          params: { fault, mend, offset } satisfies FieldProblem,
        });
        return z.NEVER;
      })
  );
}

function durationRange(text: string, min: number): Parsed<{ readonly from: Duration; readonly to: Duration }> {
  const [first = "", second = first] = text.split("..");
  const bounds = { min, max: undefined };
  const from = bounded(parseDuration(first), bounds, formatDuration);
  if (!from.ok) return from;
  const to = bounded(parseDuration(second), bounds, formatDuration);
  if (!to.ok) return { ...to, offset: to.offset + text.length - second.length };
  if (to.value < from.value) return unreadable(`"${text}" ends before it begins`, `write ${second.trim()}..${first.trim()}`);
  return read({ from: from.value, to: to.value });
}

function bounded<Value extends number>(
  result: Parsed<Value>,
  { min, max }: { min: number | undefined; max: number | undefined },
  format: (x: number) => string,
): Parsed<Value> {
  if (!result.ok) return result;
  if (min !== undefined && result.value < min)
    return unreadable(`${format(result.value)} is less than ${format(min)}`, `write ${format(min)} or more`);
  if (max !== undefined && result.value > max)
    return unreadable(`${format(result.value)} is more than ${format(max)}`, `write ${format(max)} or less`);
  return result;
}

function distributionWithin(
  result: Parsed<DistributionSpec>,
  { min, max }: { min: number | undefined; max: number | undefined },
  quantity: Quantity,
): Parsed<DistributionSpec> {
  if (!result.ok || (min === undefined && max === undefined) || result.value.kind === "empirical") return result;
  const format = quantity === "duration" ? formatDuration : quantity === "size" ? formatSize : String;
  const { from, to } = distributionRange(result.value);
  if (min !== undefined && to < min)
    return unreadable(`it is never ${format(min)} or more`, `write a distribution of ${format(min)} or more`);
  if (max !== undefined && from > max)
    return unreadable(`it is never ${format(max)} or less`, `write a distribution of ${format(max)} or less`);
  return result;
}
