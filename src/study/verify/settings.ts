/** What a topic lets its reader set, by name, in the notation of scenarios; everything that is wrong with it at once, as values. */
import { parseCount, parseDuration, parseNumber, parseRate, parseShare } from "../../simulator/notation/units.ts";
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

/** `counts` and `shares` are lists with commas; a `word` is one of `words`. */
export type SettingKind = "share" | "shares" | "count" | "counts" | "duration" | "rate" | "number" | { readonly words: readonly string[] };

/** The settings of one run of a topic: by name, as numbers (microseconds, shares of 1), lists or words. */
export interface Settings {
  readonly number: (name: string) => number;
  readonly list: (name: string) => readonly number[];
  readonly word: (name: string) => string;
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
  for (const setting of known) {
    const text = Object.hasOwn(given, setting.name) ? (given[setting.name] ?? "") : setting.default;
    if (typeof setting.kind === "object") {
      if (setting.kind.words.includes(text)) words.set(setting.name, text);
      else problems.push(`${setting.name}: "${text}" is not known; write one of ${setting.kind.words.join(", ")}`);
      continue;
    }
    const values = setting.kind === "counts" || setting.kind === "shares" ? text.split(",") : [text];
    const found: number[] = [];
    for (const value of values) {
      const parsed = parse(setting.kind, value);
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
    },
  };
}

function parse(kind: Exclude<SettingKind, object>, text: string): Parsed<number> {
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
