/**
 * How evenly keys can be dealt to hosts: the least possible largest load, a case of scheduling jobs on identical machines
 * (P || Cmax). Exact where keys are few, else between two bounds that often meet.
 */
import { assert } from "../../base/assert.ts";

export interface BestPlacement {
  /** No placement has a smaller largest load. */
  readonly least: number;
  /** A placement with this largest load exists. Equal to `least` where the best is known exactly. */
  readonly reachable: number;
}

export interface Items {
  /** Loads of the heaviest keys, falling. */
  readonly heaviest: readonly number[];
  /** Load of the heaviest of all others; 0 if there is none. */
  readonly next: number;
  /** Load of all others together. */
  readonly rest: number;
}

/** Branches looked at before the search gives up and the bounds stand. */
const BRANCHES = 200_000;
/** Keys among which the best placement is searched for. */
const SEARCHED = 24;

/** Needs at least one host. */
export function bestPlacement({ heaviest, next, rest }: Items, hosts: number): BestPlacement {
  assert(hosts >= 1, `${hosts} hosts`);
  const total = heaviest.reduce((sum, load) => sum + load, rest);
  const least = Math.max(total / hosts, ...crowded(heaviest, hosts));
  const loads = new Array<number>(hosts).fill(0);
  for (const load of heaviest) {
    const lightest = loads.indexOf(Math.min(...loads));
    loads[lightest] = loads[lightest]! + load;
  }
  // The others in any order, each on the host that has least then: Graham, Bell System Technical Journal 45 (1966).
  const greedy = rest === 0 ? Math.max(...loads) : Math.max(...loads, total / hosts + (1 - 1 / hosts) * next);
  if (greedy <= least || rest > 0 || heaviest.length > SEARCHED) return { least, reachable: Math.max(least, greedy) };
  const found = search(heaviest, hosts, greedy, least);
  return found.isExact ? { least: found.best, reachable: found.best } : { least, reachable: found.best };
}

/** Of k · hosts + 1 keys at least k + 1 share a host: the lightest k + 1 of the heaviest so many. */
function crowded(heaviest: readonly number[], hosts: number): readonly number[] {
  const bounds: number[] = [];
  for (let k = 0; k * hosts < heaviest.length; k += 1) {
    const last = k * hosts;
    bounds.push(heaviest.slice(last - k, last + 1).reduce((sum, load) => sum + load, 0));
  }
  return bounds;
}

/** Depth first, heaviest key first; hosts with equal loads are alike. */
function search(
  loads: readonly number[],
  hosts: number,
  greedy: number,
  least: number,
): { readonly best: number; readonly isExact: boolean } {
  let best = greedy;
  let branches = 0;
  const held = new Array<number>(hosts).fill(0);
  const place = (item: number): boolean => {
    branches += 1;
    if (branches > BRANCHES) return false;
    if (item === loads.length) {
      best = Math.min(best, Math.max(...held));
      return true;
    }
    const tried = new Set<number>();
    for (let host = 0; host < hosts; host += 1) {
      const before = held[host]!;
      if (tried.has(before) || before + loads[item]! >= best) continue;
      tried.add(before);
      held[host] = before + loads[item]!;
      const isDone = place(item + 1);
      held[host] = before;
      if (!isDone) return false;
      if (best <= least) return true;
    }
    return true;
  };
  const isExact = place(0);
  return { best, isExact };
}
