/** Memberships: what makes one valid, and an order of names that does not depend on how the user listed them. */
import { refuse } from "./sharding.ts";
import type { Member, Refusal } from "./sharding.ts";

/** A checked membership, in order of names (`compareNames`). Position in that order is called rank. */
export interface Roster {
  readonly ok: true;
  /** Names as given. */
  readonly given: readonly string[];
  /** Names by rank. */
  readonly names: readonly string[];
  /** Weights by rank, all above 0. */
  readonly weights: Float64Array;
  /** Rank to index as given: what schemes answer with. */
  readonly indices: Int32Array;
}

/** The most members a scheme takes: indices must fit the tables, and a million is beyond every known use. */
const MEMBERS_MAX = 1_048_576;

/**
 * Checks a membership and puts it in order. With `weights: "equal"` unequal weights are refused, since the scheme would
 * have to ignore them.
 */
export function roster(scheme: string, members: readonly Member[], weights: "any" | "equal"): Roster | Refusal {
  if (members.length === 0) return refuse(`${scheme} has no members`, "give at least one");
  if (members.length > MEMBERS_MAX) {
    return refuse(`${scheme} has ${members.length} members`, `give at most ${MEMBERS_MAX}`);
  }
  const seen = new Set<string>();
  for (const member of members) {
    const weight = member.weight ?? 1;
    if (member.name === "") return refuse(`${scheme} has a member without a name`, "name every member");
    if (seen.has(member.name)) return refuse(`${scheme} has two members called "${member.name}"`, "make names unique");
    if (!(weight > 0 && weight < Infinity)) {
      return refuse(`member "${member.name}" has weight ${weight}`, "write a number above 0, or leave the member out");
    }
    if (weights === "equal" && weight !== (members[0]?.weight ?? 1)) {
      return refuse(
        `${scheme} cannot honour weights, and "${member.name}" has ${weight}`,
        "give all members the same weight, or use ring, rendezvous, maglev or slots",
      );
    }
    seen.add(member.name);
  }
  const order = members.map((_, index) => index);
  order.sort((a, b) => compareNames(nameAt(members, a), nameAt(members, b)));
  return {
    ok: true,
    given: members.map((member) => member.name),
    names: order.map((index) => nameAt(members, index)),
    weights: Float64Array.from(order, (index) => members[index]?.weight ?? 1),
    indices: Int32Array.from(order),
  };
}

/** Names to their places in the list. */
export function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, place) => [name, place]));
}

/**
 * Natural order of names: runs of digits compare as numbers, so that `shard-9` comes before `shard-10` and growth by
 * numbered names appends. Schemes that know members only by number (modulo, jump) depend on that. Never locale's order.
 */
export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isDigit(a, i) && isDigit(b, j)) {
      const endA = digitsEnd(a, i);
      const endB = digitsEnd(b, j);
      while (i < endA - 1 && a[i] === "0") i += 1;
      while (j < endB - 1 && b[j] === "0") j += 1;
      if (endA - i !== endB - j) return endA - i - (endB - j);
      for (; i < endA; i += 1, j += 1) {
        if (a[i] !== b[j]) return a.charCodeAt(i) - b.charCodeAt(j);
      }
    } else {
      if (a[i] !== b[j]) return a.charCodeAt(i) - b.charCodeAt(j);
      i += 1;
      j += 1;
    }
  }
  if (a.length - i !== b.length - j) return a.length - i - (b.length - j);
  // Equal but for leading zeros: any fixed order will do.
  return a < b ? -1 : a > b ? 1 : 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text, end)) end += 1;
  return end;
}

function nameAt(members: readonly Member[], index: number): string {
  return members[index]?.name ?? "";
}
