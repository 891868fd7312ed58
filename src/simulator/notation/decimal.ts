/** Decimal numbers as people write them: 1_000, 4k, 1.5M, 2e6. Shifts of the decimal point are exact: 99.9 % is the double nearest to 0.999. */

/** A number at the start of a text: its plain decimal digits and how many characters it took. */
export interface DecimalStart {
  readonly digits: string;
  readonly length: number;
}

// Underscores only between digits. An exponent needs digits after it, so that "2e" is 2 and a unit that begins with e.
const DECIMAL = /^[+-]?(?:\d+(?:_\d+)*)?(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?/;

/** The number that `text` begins with, or undefined. */
export function decimalStart(text: string): DecimalStart | undefined {
  const match = DECIMAL.exec(text)![0];
  return /\d/.test(match) && !/^[+-]?[eE]/.test(match) ? { digits: match.replaceAll("_", ""), length: match.length } : undefined;
}

/** digits × 10^power, correctly rounded. */
export function shiftDecimal(digits: string, power: number): number {
  const [mantissa = "", exponent = "0"] = digits.toLowerCase().split("e");
  return Number(`${mantissa}e${Number(exponent) + power}`);
}

/** The shortest text that reads back as the same number; never with an exponent where digits alone are as short. */
export const decimalText = (x: number): string => String(x).replace("e+", "e");

/** Powers of ten that a unit stands for, so that its values can be shifted exactly; undefined for 60, 1024 and the like. */
export function powerOfTen(factor: number): number | undefined {
  const power = Math.round(Math.log10(factor));
  return Number(`1e${power}`) === factor ? power : undefined;
}
