/**
 * The search for the load at which something breaks: doubled or quartered from a first load until it lies between two, then halved on a
 * logarithmic scale until these are near enough. Whoever runs the loads tells what came of them.
 */
import type { LoadFound } from "../../simulator/record/record.ts";

export interface LoadSearch {
  /** The load to try next; undefined once the answer is known. */
  readonly next: () => number | undefined;
  /** What breaks at the load that was tried; undefined: nothing. */
  readonly tell: (broke: string | undefined) => void;
  readonly found: () => LoadFound;
}

export interface LoadSearchOptions {
  /** How near both loads must be: 0.05 is 5 %. */
  readonly precision: number;
  /** The first load; 1 if left out. */
  readonly from?: number;
  /** Loads beyond these are not tried. */
  readonly least: number;
  readonly most: number;
}

/** Takes what breaks at some load to break at every higher one; where that is not so, one of the breaks is found. */
export function searchLoad({ precision, from = 1, least, most }: LoadSearchOptions): LoadSearch {
  let holds: number | undefined;
  let breaks: number | undefined;
  let what: string | undefined;
  let trying: number | undefined;
  const next = (): number | undefined => {
    if (holds === undefined && breaks === undefined) return from;
    if (breaks === undefined) return (holds ?? from) * 2 <= most ? (holds ?? from) * 2 : undefined;
    if (holds === undefined) return breaks / 4 >= least ? breaks / 4 : undefined;
    return breaks / holds <= 1 + precision ? undefined : Math.sqrt(holds * breaks);
  };
  return {
    next: () => {
      trying = next();
      return trying;
    },
    tell: (broke) => {
      if (trying === undefined) return;
      if (broke === undefined) holds = trying;
      else [breaks, what] = [trying, broke];
    },
    found: () => ({ holds, breaks, what }),
  };
}
