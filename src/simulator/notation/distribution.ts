/**
 * The one notation for distributions, of durations, sizes or plain numbers:
 *
 *     20ms                                    always the same
 *     1ms..3ms, uniform(1ms..3ms)             all alike
 *     exp(2ms)                                exponential with this mean
 *     normal(30ms sd 1ms)
 *     lognormal(median 1ms p99 6ms), lognormal(mean 2ms sd 1ms)
 *     gamma(shape 2 mean 1ms), weibull(shape 0.7 scale 1h), pareto(min 1ms alpha 3.5)
 *     gpareto(location 15B scale 214B shape 0.35), gev(location 31B scale 8B shape 0.08)
 *     mix(90% exp(1ms) 10% 20ms)              parts may be any of these
 *     shift(75ms exp(1ms))                    a constant more than any of these
 *     quantiles(p50 1ms p99 6ms p100 9ms)     linear between; from p0, which is 0 unless given, to p100
 *     empirical(latencies.csv read_us)        a column of a file, all its values alike
 *
 * There is no comma in it, because a comma ends a plain scalar inside YAML's braces.
 */
import { unreachable } from "../../base/assert.ts";
import type { DistributionSpec, MixturePart, QuantilePoint } from "../kernel/distribution-spec.ts";
import { decimalStart, decimalText, shiftDecimal } from "./decimal.ts";
import { read, unreadable, type Parsed, type Unreadable } from "./parsed.ts";
import { formatDuration, formatShare, formatSize, parseDuration, parseNumber, parseSize } from "./units.ts";

/** What is distributed: decides the unit of its values. */
export type Quantity = "duration" | "size" | "number";

const EXAMPLES: Readonly<Record<Quantity, string>> = {
  duration: "5ms, 1ms..3ms or exp(2ms)",
  size: "1KB, 100B..2KB or exp(1KB)",
  number: "5, 1..100 or exp(20)",
};
const SIGNATURES: Readonly<Record<string, string>> = {
  uniform: "uniform(1ms..3ms)",
  exp: "exp(2ms)",
  normal: "normal(30ms sd 1ms)",
  lognormal: "lognormal(median 1ms p99 6ms) or lognormal(mean 2ms sd 1ms)",
  gamma: "gamma(shape 2 mean 1ms)",
  weibull: "weibull(shape 0.7 scale 1h)",
  pareto: "pareto(min 1ms alpha 3.5)",
  gpareto: "gpareto(location 0ms scale 1ms shape 0.3)",
  gev: "gev(location 5ms scale 1ms shape 0.1)",
  mix: "mix(90% exp(1ms) 10% 20ms)",
  shift: "shift(75ms exp(1ms))",
  quantiles: "quantiles(p50 1ms p99 6ms p100 9ms)",
  empirical: "empirical(file.csv column)",
};
const NEST_MOST = 20;

/** Reads a distribution of the given quantity. Values are whole microseconds, whole bytes, or plain numbers. */
export function parseDistribution(text: string, quantity: Quantity): Parsed<DistributionSpec> {
  const comma = text.indexOf(",");
  if (comma >= 0) return unreadable("a comma inside a distribution", "separate with spaces", comma);
  const reader: Reader = { text, at: 0, quantity, depth: 0 };
  try {
    const spec = readDistribution(reader);
    const rest = nextWord(reader);
    if (rest !== undefined)
      fail(
        `"${text.slice(rest.at).trim()}" follows the distribution`,
        rest.word.startsWith(")") ? "remove the bracket, or open it" : "remove it",
        rest.at,
      );
    return read(spec);
  } catch (error) {
    if (error instanceof Fault) return error.unreadable;
    throw error;
  }
}

interface Reader {
  readonly text: string;
  readonly quantity: Quantity;
  at: number;
  depth: number;
}

interface Word {
  readonly word: string;
  readonly at: number;
}

/** Carries a fault out of the descent; never leaves this file. */
class Fault extends Error {
  readonly unreadable: Unreadable;
  constructor(unreadable: Unreadable) {
    super(unreadable.fault);
    this.unreadable = unreadable;
  }
}

function fail(fault: string, mend: string, at: number): never {
  throw new Fault(unreadable(fault, mend, at));
}

/** The next run of characters without space or bracket, or one bracket; undefined at the end. It stays unread. */
function nextWord(reader: Reader): Word | undefined {
  const match = /[^\s()]+|[()]/.exec(reader.text.slice(reader.at)) ?? undefined;
  return match === undefined ? undefined : { word: match[0], at: reader.at + match.index };
}

function take(reader: Reader, wanted: string): Word {
  const next = nextWord(reader);
  if (next === undefined)
    fail(
      `${wanted} is missing at the end of "${reader.text.trim()}"`,
      reader.depth > 0 ? "go on, and close the bracket" : `write ${EXAMPLES[reader.quantity]}`,
      reader.text.length,
    );
  if (next.word === ")" || next.word === "(") fail(`"${next.word}" where ${wanted} should be`, `write ${wanted}`, next.at);
  reader.at = next.at + next.word.length;
  return next;
}

function readDistribution(reader: Reader): DistributionSpec {
  const first = take(reader, "a distribution");
  const bracket = reader.text[reader.at] === "(" || nextWord(reader)?.word === "(";
  if (!bracket) {
    if (Object.hasOwn(SIGNATURES, first.word)) fail(`"${first.word}" needs brackets`, `write ${SIGNATURES[first.word]!}`, first.at);
    return first.word.includes("..") ? uniformOf(reader, first) : { kind: "constant", value: valueOf(reader, first, "any") };
  }
  const signature = Object.hasOwn(SIGNATURES, first.word) ? SIGNATURES[first.word]! : undefined;
  if (signature === undefined) fail(`"${first.word}" is not a distribution`, `use one of ${Object.keys(SIGNATURES).join(", ")}`, first.at);
  if (reader.depth >= NEST_MOST) fail(`distributions inside one another, ${NEST_MOST} deep`, "write it flatter", first.at);
  reader.at = nextWord(reader)!.at + 1;
  reader.depth += 1;
  const spec = readArguments(reader, first);
  const close = nextWord(reader);
  if (close === undefined) fail(`the bracket of "${first.word}(" is not closed`, "add )", reader.text.length);
  if (close.word !== ")") fail(`"${close.word}" is too much for ${first.word}`, `write ${signature}`, close.at);
  reader.at = close.at + 1;
  reader.depth -= 1;
  return spec;
}

function readArguments(reader: Reader, name: Word): DistributionSpec {
  switch (name.word) {
    case "uniform":
      return uniformOf(reader, take(reader, "a range such as 1ms..3ms"));
    case "exp":
      return { kind: "exponential", mean: value(reader, "a mean") };
    case "normal": {
      const mean = valueOf(reader, take(reader, "a mean"), "any");
      return { kind: "normal", mean, sd: named(reader, "sd", name) };
    }
    case "lognormal":
      return lognormal(reader, name);
    case "gamma": {
      const shape = named(reader, "shape", name, "number");
      return { kind: "gamma", shape, mean: named(reader, "mean", name) };
    }
    case "weibull": {
      const shape = named(reader, "shape", name, "number");
      return { kind: "weibull", shape, scale: named(reader, "scale", name) };
    }
    case "pareto": {
      const min = named(reader, "min", name);
      return { kind: "pareto", min, alpha: named(reader, "alpha", name, "number") };
    }
    case "gpareto":
    case "gev": {
      const location = named(reader, "location", name, reader.quantity, "any");
      const scale = named(reader, "scale", name);
      return { kind: name.word, location, scale, shape: named(reader, "shape", name, "number") };
    }
    case "mix":
      return mix(reader, name);
    case "shift": {
      const by = valueOf(reader, take(reader, "a constant"), "positive");
      return { kind: "shifted", by, of: readDistribution(reader) };
    }
    case "quantiles":
      return quantiles(reader, name);
    default: {
      const file = take(reader, "a file").word;
      return { kind: "empirical", file, column: take(reader, "a column").word };
    }
  }
}

function uniformOf(reader: Reader, range: Word): DistributionSpec {
  const dots = range.word.indexOf("..");
  if (dots < 0) fail(`"${range.word}" is not a range`, "write two values with .. between, such as 1ms..3ms", range.at);
  const from = valueOf(reader, { word: range.word.slice(0, dots), at: range.at }, "any");
  const to = valueOf(reader, { word: range.word.slice(dots + 2), at: range.at + dots + 2 }, "any");
  if (from > to) fail(`"${range.word}" runs backwards`, `write ${range.word.slice(dots + 2)}..${range.word.slice(0, dots)}`, range.at);
  return { kind: "uniform", from, to };
}

function lognormal(reader: Reader, name: Word): DistributionSpec {
  const first = nextWord(reader);
  if (first?.word === "mean") {
    const mean = named(reader, "mean", name);
    return { kind: "lognormalMoments", mean, sd: named(reader, "sd", name) };
  }
  const median = named(reader, "median", name);
  const percentile = take(reader, "a quantile such as p99");
  const at = levelOf(percentile);
  if (at === 0.5 || at === 0 || at === 1)
    fail(`${percentile.word} does not say how wide a lognormal is`, "give another quantile, such as p99", percentile.at);
  const word = take(reader, `the value of ${percentile.word}`);
  const quantile = valueOf(reader, word, "positive");
  if (at > 0.5 ? quantile <= median : quantile >= median) {
    fail(
      `${percentile.word} is ${word.word}, which is not ${at > 0.5 ? "above" : "below"} the median`,
      `write a ${at > 0.5 ? "greater" : "smaller"} value`,
      word.at,
    );
  }
  return { kind: "lognormal", median, at, quantile };
}

function mix(reader: Reader, name: Word): DistributionSpec {
  const parts: MixturePart[] = [];
  while (nextWord(reader) !== undefined && nextWord(reader)!.word !== ")") {
    const share = take(reader, "a percentage");
    const start = decimalStart(share.word);
    if (start === undefined || share.word.slice(start.length) !== "%")
      fail(`"${share.word}" is not a percentage`, `write a percentage before each part: ${SIGNATURES["mix"]!}`, share.at);
    const weight = shiftDecimal(start.digits, -2);
    if (weight <= 0) fail(`a part of ${share.word}`, "remove it, or give it more", share.at);
    parts.push({ weight, of: readDistribution(reader) });
  }
  if (parts.length === 0) fail("mix has no parts", `write ${SIGNATURES["mix"]!}`, reader.at);
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  if (Math.abs(total - 1) > 1e-9)
    fail(`the percentages of mix sum to ${formatShare(Number(total.toPrecision(9)))}`, "make them sum to 100%", name.at);
  return { kind: "mixture", parts };
}

function quantiles(reader: Reader, name: Word): DistributionSpec {
  const points: QuantilePoint[] = [];
  while (nextWord(reader) !== undefined && nextWord(reader)!.word !== ")") {
    const level = take(reader, "a quantile such as p99");
    const at = levelOf(level);
    const word = take(reader, `the value of ${level.word}`);
    const point = { at, value: valueOf(reader, word, "any") };
    const last = points.at(-1);
    if (last !== undefined && point.at <= last.at)
      fail(`${level.word} comes after ${levelText(last.at)}`, "write the quantiles in growing order, each once", level.at);
    if (last !== undefined && point.value < last.value)
      fail(`${level.word} is ${word.word}, which is below that of ${levelText(last.at)}`, "quantiles do not fall", word.at);
    points.push(point);
  }
  const first = points[0];
  if (first === undefined) fail("quantiles has no points", `write ${SIGNATURES["quantiles"]!}`, reader.at);
  if (points.at(-1)!.at !== 1) fail("quantiles does not say where it ends", "add p100 and the greatest value", reader.at);
  if (first.at > 0 && first.value < 0) fail("quantiles does not say where it begins", "add p0 and the least value", name.at);
  return { kind: "quantiles", points: first.at === 0 ? points : [{ at: 0, value: 0 }, ...points] };
}

function levelOf(word: Word): number {
  const start = /^p(?=[\d.])/.test(word.word) ? decimalStart(word.word.slice(1)) : undefined;
  if (start === undefined || start.length !== word.word.length - 1)
    fail(`"${word.word}" is not a quantile`, "write p and a percentage, such as p50, p99 or p99.9", word.at);
  const at = shiftDecimal(start.digits, -2);
  if (at > 1) fail(`"${word.word}" is beyond p100`, "write p100 or less", word.at);
  return at;
}

function value(reader: Reader, wanted: string): number {
  return valueOf(reader, take(reader, wanted), "positive");
}

/** A value after its name, above 0 unless told. */
function named(
  reader: Reader,
  keyword: string,
  name: Word,
  quantity: Quantity = reader.quantity,
  sign: "any" | "positive" = "positive",
): number {
  const word = nextWord(reader);
  if (word === undefined || word.word !== keyword) {
    fail(
      `${name.word} needs ${keyword}${word === undefined || word.word === ")" ? "" : ` where "${word.word}" is`}`,
      `write ${SIGNATURES[name.word]!}`,
      word?.at ?? reader.text.length,
    );
  }
  reader.at = word.at + keyword.length;
  return valueOf(reader, take(reader, `the value of ${keyword}`), sign, quantity);
}

function valueOf(reader: Reader, word: Word, sign: "any" | "positive", quantity: Quantity = reader.quantity): number {
  const result: Parsed<number> =
    quantity === "duration" ? parseDuration(word.word) : quantity === "size" ? parseSize(word.word) : parseNumber(word.word);
  if (!result.ok) {
    const moved = { ...result, offset: result.offset + word.at };
    const isWord = decimalStart(word.word) === undefined;
    throw new Fault(isWord && reader.depth === 0 ? { ...moved, mend: `write a distribution, such as ${EXAMPLES[quantity]}` } : moved);
  }
  if (sign === "positive" && result.value <= 0) fail(`"${word.word}" is not above 0`, "write more than 0", word.at);
  return result.value;
}

/** The notation of a spec: what `parseDistribution` reads back as the same spec, if its durations and sizes are whole. */
export function formatDistribution(spec: DistributionSpec, quantity: Quantity): string {
  const text = (x: number): string => (quantity === "duration" ? formatDuration(x) : quantity === "size" ? formatSize(x) : decimalText(x));
  switch (spec.kind) {
    case "constant":
      return text(spec.value);
    case "uniform":
      return `uniform(${text(spec.from)}..${text(spec.to)})`;
    case "exponential":
      return `exp(${text(spec.mean)})`;
    case "normal":
      return `normal(${text(spec.mean)} sd ${text(spec.sd)})`;
    case "lognormal":
      return `lognormal(median ${text(spec.median)} ${levelText(spec.at)} ${text(spec.quantile)})`;
    case "lognormalMoments":
      return `lognormal(mean ${text(spec.mean)} sd ${text(spec.sd)})`;
    case "gamma":
      return `gamma(shape ${decimalText(spec.shape)} mean ${text(spec.mean)})`;
    case "weibull":
      return `weibull(shape ${decimalText(spec.shape)} scale ${text(spec.scale)})`;
    case "pareto":
      return `pareto(min ${text(spec.min)} alpha ${decimalText(spec.alpha)})`;
    case "gpareto":
    case "gev":
      return `${spec.kind}(location ${text(spec.location)} scale ${text(spec.scale)} shape ${decimalText(spec.shape)})`;
    case "mixture":
      return `mix(${spec.parts.map((part) => `${formatShare(part.weight)} ${formatDistribution(part.of, quantity)}`).join(" ")})`;
    case "shifted":
      return `shift(${text(spec.by)} ${formatDistribution(spec.of, quantity)})`;
    case "quantiles":
      return `quantiles(${spec.points.map((point) => `${levelText(point.at)} ${text(point.value)}`).join(" ")})`;
    case "empirical":
      return `empirical(${spec.file} ${spec.column})`;
    default:
      return unreachable(spec);
  }
}

const levelText = (at: number): string => `p${formatShare(at).slice(0, -1)}`;
