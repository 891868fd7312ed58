/** What a topic lets its reader set, by name, in the notation of scenarios; everything that is wrong with it at once, as values. */
import { parseCount, parseDuration, parseNumber, parseRate, parseShare } from "../../simulator/notation/units.ts";
import { distributionsIn, type DistributionSpec } from "../../simulator/kernel/distribution-spec.ts";
import { parseDistribution } from "../../simulator/notation/distribution.ts";
import type { Parsed } from "../../simulator/notation/parsed.ts";

export interface Setting {
  readonly name: string;
  readonly default: string;
  /** In one line, with bounds. */
  readonly what: string;
  readonly kind: SettingKind;
  /** Included; in microseconds for durations. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * `counts` and `shares` are lists with commas; a `word` is one of `words`, and beside words there may be values (`or`). A `range` is
 * a duration or two with dots between them, a list of both ends; a `distribution` is one of durations.
 */
export type SettingKind =
  Plain | "counts" | "shares" | "range" | "distribution" | { readonly words: readonly string[]; readonly or?: Plain };
type Plain = "share" | "count" | "duration" | "rate" | "number";

/** The settings of one run of a topic: by name, as numbers (microseconds, shares of 1), lists or words. */
export interface Settings {
  readonly number: (name: string) => number;
  readonly list: (name: string) => readonly number[];
  readonly word: (name: string) => string;
  /** The word, if it is one; else the number. */
  readonly wordOrNumber: (name: string) => string | number;
  readonly distribution: (name: string) => DistributionSpec;
}

export type SettingsResult =
  { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly problems: readonly string[] };

/** Defaults under what was given. Each problem is one sentence: which setting, what is wrong, how to mend it. */
export function readSettings(known: readonly Setting[], given: Readonly<Record<string, string>>): SettingsResult {
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    if (!known.some((setting) => setting.name === name)) {
      problems.push(
        `there is no setting "${name}"; ${known.length === 0 ? "this topic has none" : `there are ${known.map((setting) => setting.name).join(", ")}`}`,
      );
    }
  }
  const numbers = new Map<string, readonly number[]>();
  const words = new Map<string, string>();
  const distributions = new Map<string, DistributionSpec>();
  for (const setting of known) {
    const text = Object.hasOwn(given, setting.name) ? (given[setting.name] ?? "") : setting.default;
    const { name, what } = setting;
    if (typeof setting.kind === "object" && setting.kind.words.includes(text)) {
      words.set(name, text);
      continue;
    }
    if (typeof setting.kind === "object" && setting.kind.or === undefined) {
      problems.push(`${name}: "${text}" is not known; write one of ${setting.kind.words.join(", ")}`);
      continue;
    }
    if (setting.kind === "distribution" || setting.kind === "range") {
      const parsed = parseDistribution(text, "duration");
      const ends = parsed.ok ? endsOf(parsed.value) : undefined;
      if (!parsed.ok) problems.push(`${name}: ${parsed.fault}; ${parsed.mend}`);
      else if (setting.kind === "distribution" && distributionsIn(parsed.value).some(({ kind }) => kind === "empirical"))
        problems.push(`${name}: there is no file here; it is ${what}`);
      else if (setting.kind === "distribution") distributions.set(name, parsed.value);
      else if (ends === undefined) problems.push(`${name}: "${text}" is no range; it is ${what}`);
      else if (ends.some((end) => end < (setting.min ?? -Infinity) || end > (setting.max ?? Infinity)))
        problems.push(`${name}: ${text} is out of bounds; it is ${what}`);
      else numbers.set(name, ends);
      continue;
    }
    const kind = typeof setting.kind === "object" ? setting.kind.or! : setting.kind;
    const values = kind === "counts" || kind === "shares" ? text.split(",") : [text];
    const found: number[] = [];
    for (const value of values) {
      const parsed = parse(kind, value);
      if (!parsed.ok) problems.push(`${setting.name}: ${parsed.fault}; ${parsed.mend}`);
      else if (parsed.value < (setting.min ?? -Infinity) || parsed.value > (setting.max ?? Infinity))
        problems.push(`${setting.name}: ${value.trim()} is out of bounds; it is ${setting.what}`);
      else found.push(parsed.value);
    }
    numbers.set(setting.name, found);
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    settings: {
      number: (name) => numbers.get(name)![0]!,
      list: (name) => numbers.get(name)!,
      word: (name) => words.get(name)!,
      wordOrNumber: (name) => words.get(name) ?? numbers.get(name)![0]!,
      distribution: (name) => distributions.get(name)!,
    },
  };
}

/** Both ends of what is constant or uniform. */
function endsOf(spec: DistributionSpec): readonly [number, number] | undefined {
  if (spec.kind === "constant") return [spec.value, spec.value];
  return spec.kind === "uniform" ? [spec.from, spec.to] : undefined;
}

function parse(kind: Plain | "counts" | "shares", text: string): Parsed<number> {
  switch (kind) {
    case "share":
    case "shares":
      return parseShare(text);
    case "duration":
      return parseDuration(text);
    case "rate":
      return parseRate(text);
    case "number":
      return parseNumber(text);
    case "count":
    case "counts":
      return parseCount(text);
  }
}
