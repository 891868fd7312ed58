/** Prices as scenarios write them: a number per unit, in whatever currency their reader pays. */
import { decimalStart } from "./decimal.ts";
import { read, unreadable, type Parsed } from "./parsed.ts";

/** A twelfth of a year of 365 days. */
export const HOURS_OF_MONTH = 730;

/** What each kind of price is per, in the unit that it is resolved to. */
const UNITS = {
  /** Per hour. */
  time: { h: 1, d: 1 / 24, month: 1 / HOURS_OF_MONTH, "730h": 1 / HOURS_OF_MONTH },
  /** Per GB: 10^9 bytes. */
  size: { GB: 1, MB: 1_000, TB: 1 / 1_000, GiB: 1e9 / 1_073_741_824 },
  /** Per GB and month. */
  storage: { "GB-month": 1, "TB-month": 1 / 1_000, "GiB-month": 1e9 / 1_073_741_824 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

export type PriceKind = keyof typeof UNITS;

/** How each kind is written, for messages. */
export const PRICE_EXAMPLES: Readonly<Record<PriceKind, string>> = { time: "0.40/h", size: "0.01/GB", storage: "0.02/GB-month" };

/** A price, never negative: per hour, per GB, or per GB and month. */
export function parsePrice(text: string, kind: PriceKind): Parsed<number> {
  const given = text.trim();
  const mend = `write such as ${PRICE_EXAMPLES[kind]}`;
  const start = decimalStart(given);
  if (start === undefined) return unreadable(`"${given}" is not a price`, mend);
  const amount = Number(start.digits);
  const unit = given.slice(start.length).trim();
  if (amount < 0) return unreadable(`"${given}" is a negative price`, mend);
  if (amount === 0 && unit === "") return read(0);
  const units: Readonly<Record<string, number>> = UNITS[kind];
  const name = unit.replace(/^\/\s*/u, "");
  const factor = unit.startsWith("/") && Object.hasOwn(units, name) ? units[name] : undefined;
  return factor === undefined
    ? unreadable(`"${given}" does not say what it is per`, `${mend}; units are ${Object.keys(units).join(", ")}`, start.length)
    : read(amount * factor);
}
