/**
 * Which replica reads: first those that may answer at the consistency asked for, then one of them by the rule chosen.
 *
 * Two random choices and the less busy of them: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE
 * TPDS 12(10), 2001. Choices are distinct (without replacement) unless asked for, and ties go to the one drawn first, so to
 * either alike.
 */
import { assert, unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { ShardEntry } from "./shard-map.ts";

/** The rule among replicas that may answer. */
export type ReadChoice =
  /** The primary, always. */
  | { readonly kind: "primary" }
  /** Each in turn, by shard; a client counts its own turns. */
  | { readonly kind: "roundRobin" }
  | { readonly kind: "random" }
  /** The least outstanding of `of` drawn at random: distinct ones (all, if there are fewer), or with `replacement` any. */
  | { readonly kind: "choices"; readonly of: number; readonly replacement?: boolean }
  /** The least outstanding of all; of equal ones any. */
  | { readonly kind: "leastOutstanding" }
  /** The least distant; of equally distant ones the least outstanding, of those any. */
  | { readonly kind: "nearest" };

/** How old an answer may be. */
export type Consistency =
  | { readonly kind: "primaryOnly" }
  /** Replicas believed to lag by at most `bound` (in the unit of `ReplicaView.lag`), and the primary. */
  | { readonly kind: "bounded"; readonly bound: number }
  | { readonly kind: "any" };

/** What a client knows of servers, right or wrong. */
export interface ReplicaView<Server extends number = number> {
  /** Requests sent to the server and not answered yet. */
  readonly outstanding: (server: Server) => number;
  /** Any measure of distance: hops, a latency. */
  readonly distance: (server: Server) => number;
  /** How far behind the primary its data is believed to be for this shard; Infinity if nothing is known. */
  readonly lag: (server: Server, shard: number) => number;
  /** False leaves the server out: no connection, a breaker is open, it was tried already. */
  readonly isUsable: (server: Server) => boolean;
}

export interface ReadChooser<Server extends number = number> {
  /**
   * The replica to read from. If no replica may answer it is the primary, usable or not: consistency comes first, and the
   * caller's retries deal with silence. Allocates nothing once it has seen a shard's number and replica count.
   */
  readonly choose: (shard: number, entry: ShardEntry<Server>) => Server;
  /** How many replicas might have been chosen the last time; 0 if it had to fall back to the primary. */
  readonly eligible: () => number;
}

/** A client's chooser. `random` is drawn from only by the rules that need it, and never when one replica is left. */
export function readChooser<Server extends number = number>(
  choice: ReadChoice,
  consistency: Consistency,
  view: ReplicaView<Server>,
  random: Random,
): ReadChooser<Server> {
  assert(choice.kind !== "choices" || (Number.isInteger(choice.of) && choice.of >= 1), "choices: of is a whole number from 1");
  const pool: Server[] = [];
  const turns: number[] = [];
  let eligible = 0;
  const mayAnswer = (server: Server, shard: number, entry: ShardEntry<Server>): boolean => {
    if (!view.isUsable(server)) return false;
    if (server === entry.owner || consistency.kind === "any") return true;
    return consistency.kind === "bounded" && view.lag(server, shard) <= consistency.bound;
  };
  /** Swaps a random one of pool[from..eligible) to `from` and gives it. */
  const draw = (from: number): Server => {
    const at = eligible - from === 1 ? from : from + random.below(eligible - from);
    const drawn = pool[at] as Server;
    pool[at] = pool[from] as Server;
    pool[from] = drawn;
    return drawn;
  };
  /** Least outstanding of `count` distinct ones drawn; equal ones stay with the first drawn. */
  const leastOf = (count: number): Server => {
    let best = draw(0);
    for (let i = 1; i < count && i < eligible; i += 1) {
      const next = draw(i);
      if (view.outstanding(next) < view.outstanding(best)) best = next;
    }
    return best;
  };
  const leastOfAny = (count: number): Server => {
    let best = pool[random.below(eligible)] as Server;
    for (let i = 1; i < count; i += 1) {
      const next = pool[random.below(eligible)] as Server;
      if (view.outstanding(next) < view.outstanding(best)) best = next;
    }
    return best;
  };
  const nearest = (): Server => {
    let least = Infinity;
    let kept = 0;
    for (let i = 0; i < eligible; i += 1) {
      const distance = view.distance(pool[i] as Server);
      if (distance > least) continue;
      if (distance < least) kept = 0;
      least = distance;
      pool[kept] = pool[i] as Server;
      kept += 1;
    }
    eligible = kept;
    return leastOf(kept);
  };
  return {
    eligible: () => eligible,
    choose: (shard, entry) => {
      const { owner, replicas } = entry;
      eligible = 0;
      if (choice.kind === "primary" || consistency.kind === "primaryOnly") {
        eligible = view.isUsable(owner) ? 1 : 0;
        return owner;
      }
      for (let i = 0; i < replicas.length; i += 1) {
        const server = replicas[i] as Server;
        if (!mayAnswer(server, shard, entry)) continue;
        pool[eligible] = server;
        eligible += 1;
      }
      if (eligible === 0) return owner;
      switch (choice.kind) {
        case "roundRobin": {
          const turn = turns[shard] ?? 0;
          turns[shard] = turn + 1;
          return pool[turn % eligible] as Server;
        }
        case "random":
          return draw(0);
        case "choices":
          return choice.replacement === true && eligible > 1 ? leastOfAny(choice.of) : leastOf(choice.of);
        case "leastOutstanding":
          return leastOf(eligible);
        case "nearest": {
          const among = eligible;
          const chosen = nearest();
          eligible = among;
          return chosen;
        }
        default:
          return unreachable(choice);
      }
    },
  };
}
