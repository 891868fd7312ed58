/**
 * Numbers with units, as scenarios write them. Everything is resolved at once: durations to whole microseconds, rates
 * to per second, sizes to whole bytes, bandwidths to bytes per second, shares to 0 .. 1. The format functions print
 * what the parse functions read back as the same value.
 */
import type { Duration } from "../../base/time.ts";
import { decimalStart, decimalText, powerOfTen, shiftDecimal } from "./decimal.ts";
import { read, unreadable, type Parsed } from "./parsed.ts";

/** Microseconds. Months and years are left out: they have no fixed length. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1, // The micro sign, U+00B5 ...
  μs: 1, // ... and the Greek letter, U+03BC, that keyboards give.
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** Bytes. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  TB: 1_000_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  TiB: 1_099_511_627_776,
};

/** Bits per second, of the units that do not name the second apart. */
const BIT_RATES: Readonly<Record<string, number>> = {
  bps: 1,
  kbps: 1_000,
  Kbps: 1_000,
  Mbps: 1_000_000,
  Gbps: 1_000_000_000,
  Tbps: 1_000_000_000_000,
};
const BITS: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1_000,
  Kbit: 1_000,
  Mbit: 1_000_000,
  Gbit: 1_000_000_000,
  Tbit: 1_000_000_000_000,
};

/** Decimal powers that a plain number may carry. */
const MULTIPLES: Readonly<Record<string, number>> = { "": 0, k: 3, M: 6 };

/** Decimal powers from these to parts per million. */
const DRIFT_UNITS: Readonly<Record<string, number>> = { ppm: 0, "%": 4 };

const DURATION_MEND = "write a number and a unit, such as 30s or 2h";
const RATE_MEND = "write a number per unit of time, such as 4000/s or 100/min";
const SIZE_MEND = "write a number and a unit, such as 100B, 1KB or 2GiB";
const BANDWIDTH_MEND = "write a size per unit of time or bits per second, such as 50MB/s or 1Gbps";
const SHARE_MEND = "write a percentage or a number from 0 to 1, such as 30% or 0.3";
const NUMBER_MEND = "write a number, such as 20, 1_000 or 5k";

/** A duration, never negative, to the nearest microsecond. A bare 0 needs no unit. */
export function parseDuration(text: string): Parsed<Duration> {
  const given = text.trim();
  if (given === "0") return read(0 as Duration);
  const parts = split(given);
  if (parts === undefined) return unreadable(`"${given}" is not a duration`, DURATION_MEND);
  if (parts.unit === "") return unreadable(`"${given}" has no unit`, `write ${given}s or ${given}ms, say`);
  const factor = unitOf(TIME_UNITS, parts.unit);
  if (factor === undefined) return unreadable(`"${parts.unit}" is not a unit of time`, "use us, ms, s, m (or min), h or d", parts.length);
  const exact = scaled(parts.digits, factor);
  if (exact < 0) return unreadable(`"${given}" is a negative duration`, "write 0s or more");
  const value = Math.round(exact);
  if (exact > 0 && value === 0)
    return unreadable(`"${given}" is less than half a microsecond, the unit of time`, "write 1us or more, or 0s");
  if (value > Number.MAX_SAFE_INTEGER) return unreadable(`"${given}" is longer than 285 years`, "write less");
  return read(value as Duration);
}

/** A duration that may be negative, such as -2s. */
export function parseOffset(text: string): Parsed<number> {
  const given = text.trim();
  const isNegative = given.startsWith("-");
  const result = parseDuration(isNegative ? given.slice(1) : given);
  if (!result.ok) return unreadable(result.fault, result.mend, result.offset + (isNegative ? 1 : 0));
  const length: number = result.value;
  return read(isNegative && length > 0 ? -length : length);
}

/** A factor above 0, such as 4x. */
export function parseFactor(text: string): Parsed<number> {
  const given = text.trim();
  const result = parseNumber(given.replace(/\s*[x×]$/u, ""));
  if (!result.ok || result.value <= 0) return unreadable(`"${given}" is not a factor`, "write a number above 0 and x, such as 4x or 1.5x");
  return result;
}

/** How far a clock is off in its rate, in parts per million: `200ppm`, `1%`, `-0.5%`. */
export function parseDrift(text: string): Parsed<number> {
  const given = text.trim();
  const parts = split(given);
  const power = parts === undefined ? undefined : unitOf(DRIFT_UNITS, parts.unit);
  if (parts === undefined || power === undefined)
    return unreadable(`"${given}" is not a drift`, "write parts per million or a percentage, such as 200ppm, 1% or -0.5%");
  const value = shiftDecimal(parts.digits, power);
  return Number.isFinite(value) ? read(value) : unreadable(`"${given}" is too much`, "write less");
}

/** A rate, never negative, per second. A bare 0 needs no unit. */
export function parseRate(text: string): Parsed<number> {
  const given = text.trim();
  if (given === "0") return read(0);
  const parts = split(given);
  const slash = parts?.unit.indexOf("/") ?? -1;
  if (parts === undefined || slash < 0) return unreadable(`"${given}" is not a rate`, RATE_MEND);
  const power = unitOf(MULTIPLES, parts.unit.slice(0, slash).trim());
  if (power === undefined) return unreadable(`"${parts.unit.slice(0, slash)}" is no part of a rate`, RATE_MEND, parts.length);
  const unit = parts.unit.slice(slash + 1).trim();
  const factor = unitOf(TIME_UNITS, unit);
  if (factor === undefined)
    return unreadable(`"${unit}" is not a unit of time`, "use us, ms, s, m (or min), h or d", given.length - unit.length);
  const period = powerOfTen(factor);
  const value = period === undefined ? shiftDecimal(parts.digits, power + 6) / factor : shiftDecimal(parts.digits, power + 6 - period);
  if (value < 0) return unreadable(`"${given}" is a negative rate`, "write 0/s or more");
  return read(value);
}

/** A size, never negative, to the nearest byte. A bare 0 needs no unit. */
export function parseSize(text: string): Parsed<number> {
  const given = text.trim();
  if (given === "0") return read(0);
  const parts = split(given);
  if (parts === undefined) return unreadable(`"${given}" is not a size`, SIZE_MEND);
  if (parts.unit === "") return unreadable(`"${given}" has no unit`, `write ${given}B or ${given}KB, say`);
  const factor = unitOf(SIZE_UNITS, parts.unit);
  if (factor === undefined)
    return unreadable(`"${parts.unit}" is not a unit of size`, "use B, KB, MB, GB, TB, or KiB, MiB, GiB, TiB", parts.length);
  const value = Math.round(scaled(parts.digits, factor));
  if (value < 0) return unreadable(`"${given}" is a negative size`, "write 0B or more");
  if (value > Number.MAX_SAFE_INTEGER) return unreadable(`"${given}" is more than 9,007 TB`, "write less");
  return read(value);
}

/** A bandwidth, above 0, in bytes per second. */
export function parseBandwidth(text: string): Parsed<number> {
  const given = text.trim();
  const parts = split(given);
  if (parts === undefined) return unreadable(`"${given}" is not a bandwidth`, BANDWIDTH_MEND);
  const bits = unitOf(BIT_RATES, parts.unit);
  const [amount = "", time = ""] = parts.unit.split("/").map((part) => part.trim());
  const period = unitOf(TIME_UNITS, time);
  const bitsOver = unitOf(BITS, amount);
  const bytesOver = unitOf(SIZE_UNITS, amount);
  const value =
    bits !== undefined
      ? scaled(parts.digits, bits) / 8
      : period !== undefined && bitsOver !== undefined
        ? (scaled(parts.digits, bitsOver) * 1_000_000) / (8 * period)
        : period !== undefined && bytesOver !== undefined
          ? (scaled(parts.digits, bytesOver) * 1_000_000) / period
          : undefined;
  if (value === undefined) return unreadable(`"${given}" is not a bandwidth`, BANDWIDTH_MEND, parts.length);
  if (value <= 0) return unreadable(`"${given}" is not above 0`, BANDWIDTH_MEND);
  return read(value);
}

/** A share from 0 to 1: `30%` or `0.3`. */
export function parseShare(text: string): Parsed<number> {
  const given = text.trim();
  const parts = split(given);
  if (parts === undefined || (parts.unit !== "" && parts.unit !== "%")) return unreadable(`"${given}" is not a share`, SHARE_MEND);
  const value = shiftDecimal(parts.digits, parts.unit === "%" ? -2 : 0);
  if (value < 0) return unreadable(`"${given}" is a negative share`, SHARE_MEND);
  if (value > 1) return unreadable(`"${given}" is more than the whole`, parts.unit === "%" ? "write 100% or less" : SHARE_MEND);
  return read(value);
}

/** Any finite number, with `_`, `k` or `M`. */
export function parseNumber(text: string): Parsed<number> {
  const given = text.trim();
  const parts = split(given);
  const power = parts === undefined ? undefined : unitOf(MULTIPLES, parts.unit);
  if (parts === undefined || power === undefined) return unreadable(`"${given}" is not a number`, NUMBER_MEND, parts?.length ?? 0);
  const value = shiftDecimal(parts.digits, power);
  return Number.isFinite(value) ? read(value) : unreadable(`"${given}" is too large`, NUMBER_MEND);
}

/** A whole number of 0 or more, with `_`, `k` or `M`. */
export function parseCount(text: string): Parsed<number> {
  const result = parseNumber(text);
  if (!result.ok) return result;
  const given = text.trim();
  if (!Number.isSafeInteger(result.value)) return unreadable(`"${given}" is not a whole number`, NUMBER_MEND);
  if (result.value < 0) return unreadable(`"${given}" is negative`, "write 0 or more");
  return result;
}

/** A whole number of microseconds: in ms below a second, in s above, in m, h or d where these are whole. */
export function formatDuration(us: number): string {
  if (us === 0) return "0s";
  if (us < 1_000) return `${decimalText(us)}us`;
  if (us < 1_000_000) return `${decimalText(us / 1_000)}ms`;
  for (const unit of ["d", "h", "m"]) if (us % TIME_UNITS[unit]! === 0) return `${decimalText(us / TIME_UNITS[unit]!)}${unit}`;
  const text = `${decimalText(us / 1_000_000)}s`;
  return scaled(text.slice(0, -1), 1_000_000) === us ? text : `${us}us`;
}

/** The same of what may be negative. */
export const formatOffset = (us: number): string => (us < 0 ? `-${formatDuration(-us)}` : formatDuration(us));

/** Parts per million, as a percentage where that is shorter. */
export const formatDrift = (ppm: number): string => (Math.abs(ppm) >= 1_000 ? formatShare(ppm / 1_000_000) : `${decimalText(ppm)}ppm`);

/** A factor. */
export const formatFactor = (factor: number): string => `${decimalText(factor)}x`;

/** Bytes in the largest unit, of a thousand or of 1024, in which they are whole. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0B";
  for (const unit of ["TB", "GB", "MB", "KB", "TiB", "GiB", "MiB", "KiB"]) {
    if (bytes % SIZE_UNITS[unit]! === 0) return `${decimalText(bytes / SIZE_UNITS[unit]!)}${unit}`;
  }
  return `${decimalText(bytes)}B`;
}

/** A share as a percentage. */
export const formatShare = (share: number): string => `${decimalText(shiftDecimal(String(share), 2))}%`;

/** Per second, or per minute, hour or day where only that is a short number. */
export function formatRate(perSecond: number): string {
  const texts = ["s", "min", "h", "d"].map((unit) => `${decimalText(perSecond * (TIME_UNITS[unit]! / 1_000_000))}/${unit}`);
  const same = texts.filter((text) => {
    const back = parseRate(text);
    return back.ok && back.value === perSecond;
  });
  return same.reduce((a, b) => (b.length < a.length - 2 ? b : a), same[0] ?? texts[0]!);
}

function split(given: string): { readonly digits: string; readonly unit: string; readonly length: number } | undefined {
  const start = decimalStart(given);
  return start === undefined ? undefined : { digits: start.digits, unit: given.slice(start.length).trim(), length: start.length };
}

function scaled(digits: string, factor: number): number {
  const power = powerOfTen(factor);
  return power === undefined ? Number(digits) * factor : shiftDecimal(digits, power);
}

const unitOf = (table: Readonly<Record<string, number>>, unit: string): number | undefined =>
  Object.hasOwn(table, unit) ? table[unit] : undefined;
