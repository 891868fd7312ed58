/** A figure in words for people: "4.1 s", "99.95 %", "1.2 MB". Locale-free, three significant digits unless the figure is whole. */
import { unreachable } from "../../base/assert.ts";
import type { Unit } from "./metric.ts";
import type { Observed } from "./sample.ts";

/** Significant digits of a figure that stands alone, and the most that a comparison may ask for. */
const DIGITS = 3;
const DIGITS_MOST = 7;

/** A number in its metric's unit as text, with so many significant digits (more for a share near 1). */
export function figure(number: number, unit: Unit, digits = DIGITS): string {
  if (!Number.isFinite(number)) return number > 0 ? "infinite" : number < 0 ? "minus infinite" : "no figure";
  if (number < 0) return `-${figure(-number, unit, digits)}`;
  switch (unit) {
    case "time":
      if (number === 0) return "0 s";
      return scaled(
        number,
        [
          ["µs", 1],
          ["ms", 1e3],
          ["s", 1e6],
        ],
        digits,
      );
    case "bytes":
      return scaled(
        number,
        [
          ["B", 1],
          ["kB", 1e3],
          ["MB", 1e6],
          ["GB", 1e9],
          ["TB", 1e12],
        ],
        digits,
      );
    case "share":
      return `${nines(number, digits)} %`;
    case "rate":
      return `${significant(number, digits)}/s`;
    case "count":
    case "number":
      return significant(number, digits);
    default:
      return unreachable(unit);
  }
}

/** A difference of two figures of this unit: shares differ by points of a hundred, not by per cent. */
export function differenceFigure(number: number, unit: Unit, digits = DIGITS): string {
  if (unit !== "share" || !Number.isFinite(number)) return figure(number, unit, digits);
  const points = figure(100 * number, "number", digits);
  return `${points} ${points === "1" || points === "-1" ? "point" : "points"}`;
}

/**
 * Figures that belong together, such as the ends of an interval: with as many digits as it takes for those that differ to look
 * different, so that no interval reads "20 s to 20 s"; those nearer than a part in ten million may still look alike.
 */
export function figuresApart(
  numbers: readonly number[],
  unit: Unit,
  write: (number: number, unit: Unit, digits: number) => string = figure,
): readonly string[] {
  const different = new Set(numbers).size;
  let texts: readonly string[] = [];
  for (let digits = DIGITS; digits <= DIGITS_MOST; digits += 1) {
    texts = numbers.map((number) => write(number, unit, digits));
    if (new Set(texts).size === different) break;
  }
  return texts;
}

/** An observed value as text; a censored one as "≥ 39 s". */
export function observedFigure(observed: Observed, unit: Unit): string {
  return observed.kind === "value" ? figure(observed.value, unit) : `≥ ${figure(observed.atLeast, unit)}`;
}

/** A probability as text: "p 0.03", "p < 0.0001". */
export function pValueText(p: number): string {
  return p < 0.0001 ? "p < 0.0001" : `p ${significant(p)}`;
}

/** A confidence or share as "95 %". */
export const percent = (share: number): string => `${significant(100 * share)} %`;

/** "1 pair", "3 pairs". */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

function scaled(number: number, units: readonly (readonly [string, number])[], digits: number): string {
  // A unit is taken from its first whole step on; 999.6 ms rounds to "1000 ms" and is better said as "1 s".
  const chosen = [...units].reverse().find(([, size]) => number >= size * 0.9995) ?? units[0]!;
  return `${significant(number / chosen[1], digits)} ${chosen[0]}`;
}

/** So many significant digits; whole numbers of up to seven digits are given in full. */
function significant(number: number, digits = DIGITS): string {
  if (number === 0) return "0";
  if (Number.isInteger(number) && number < 1e7) return String(number);
  if (number >= 1e7) return String(Number(number.toPrecision(digits)));
  return String(number >= Number(`1e${digits - 1}`) ? Math.round(number) : Number(number.toPrecision(digits)));
}

/** Near 1 the digits that matter are those of the rest: 99.9968 % keeps two digits of its 0.0032 %. */
function nines(share: number, digits: number): string {
  const rest = 1 - share;
  if (rest <= 0 || rest >= 0.1) return significant(100 * share, digits);
  const decimals = Math.min(9, Math.max(1, 1 - Math.floor(Math.log10(100 * rest))) + digits - DIGITS);
  return String(Number((100 * share).toFixed(decimals)));
}
