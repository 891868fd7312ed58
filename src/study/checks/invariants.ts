/** The rules that must never break, as functions of a run's record. Each looks at facts or audits only, never at the model. */
import type { Fact } from "../../simulator/record/fact.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { counted } from "../stats/figure.ts";
import type { Invariant, Verdict } from "./check.ts";
import { checkLinearizable } from "./linearizability.ts";

export const INVARIANTS: readonly Invariant[] = [
  {
    name: "one-primary-per-epoch",
    definition:
      "Of one shard, no two servers are primary under the same epoch: all `ready` facts (a replica accepts writes as primary) and all owners in the authoritative map that carry one epoch name one server. " +
      "Two primaries under different epochs do not break it; that is split-brain and is measured (splitBrain.seconds). Unknown for a run without a primary or a map.",
    judge: onePrimaryPerEpoch,
  },
  {
    name: "epochs-grow",
    definition:
      "The epochs of a shard in the authoritative map never fall, a change of its owner or members has a greater epoch than what it replaces, no server becomes primary of a shard under an epoch older than one it was primary under before, and published versions of the whole map never fall. " +
      "It does not ask that every number is used. Unknown for a run in which no shard changed its owner, members or primary.",
    judge: epochsGrow,
  },
  {
    name: "every-request-ends-once",
    definition:
      "Every operation that a client or prober issued ended exactly once by the end of settling: answered well, refused for certain, or ambiguous at its deadline; none ended twice, none never. Counted by the ledger. Unknown for a run without an operation.",
    judge: everyRequestEndsOnce,
  },
  {
    name: "map-covers-key-space",
    definition:
      "In every published version of the shard map, every part of the key space has an owner. The owner may be dead: that is an outage, not a hole. Unknown for a run that published no map.",
    judge: mapCoversKeySpace,
  },
  {
    name: "replicas-converge",
    definition:
      "After settling, every live replica that was compared holds the same state as the authoritative one of its shard. Dead replicas are left out; a run that was not quiescent by the end of settling, or had no live replica to compare, is unknown.",
    judge: replicasConverge,
  },
  {
    name: "linearizable",
    definition:
      "For every key whose history was kept (`histories` of the scenario) there is one order of what clients did with it that keeps real time and in which every read returns the latest write (Herlihy and Wing 1990). Writes without a definite answer may have taken effect at any time after they were sent, or never. " +
      "Only the keys that were kept are judged, scans and joins are not. Unknown for a run that kept no history with a write and an answered read, or in which the search for an order was given up.",
    judge: linearizable,
  },
];

const BY_NAME: ReadonlyMap<string, Invariant> = new Map(INVARIANTS.map((invariant) => [invariant.name, invariant]));

/** The invariant of this exact name. */
export function invariantByName(name: string): Invariant | undefined {
  return BY_NAME.get(name);
}

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { readonly kind: Kind }>;
const isReady = (fact: Fact): fact is FactOf<"ready"> => fact.kind === "ready";
const isMap = (fact: Fact): fact is FactOf<"map"> => fact.kind === "map";
const isCover = (fact: Fact): fact is FactOf<"cover"> => fact.kind === "cover";

function onePrimaryPerEpoch({ facts }: RunRecord): Verdict {
  const holders = new Map<string, { readonly server: number; readonly fact: Fact }>();
  const shards = new Set<number>();
  for (const fact of facts) {
    if (!isReady(fact) && !isMap(fact)) continue;
    const server = isReady(fact) ? fact.server : fact.owner;
    // A map entry may say that a shard has no owner.
    if (server < 0) continue;
    const place = `${fact.shard} ${fact.epoch}`;
    const holder = holders.get(place);
    if (holder === undefined) {
      shards.add(fact.shard);
      holders.set(place, { server, fact });
    } else if (holder.server !== server) {
      return broken(fact, `shard ${fact.shard} has two primaries under epoch ${fact.epoch}: server ${holder.server} and server ${server}`, [
        holder.fact,
        fact,
      ]);
    }
  }
  return holders.size === 0
    ? unexercised("no shard had a primary")
    : held(`${counted(holders.size, "epoch")} of ${counted(shards.size, "shard")} had one primary each`);
}

function epochsGrow({ facts }: RunRecord): Verdict {
  const entries = new Map<number, FactOf<"map">>();
  const primaries = new Map<string, FactOf<"ready">>();
  /** The epoch of the latest `ready` of a shard: a strategy without a map (Raft) shows its changes here alone. */
  const reached = new Map<number, number>();
  let published: FactOf<"cover"> | undefined;
  let changes = 0;
  for (const fact of facts) {
    if (isMap(fact)) {
      const before = entries.get(fact.shard);
      entries.set(fact.shard, fact);
      if (before === undefined) continue;
      if (fact.epoch < before.epoch)
        return broken(fact, `the epoch of shard ${fact.shard} fell from ${before.epoch} to ${fact.epoch}`, [before, fact]);
      const same = fact.owner === before.owner && fact.members.join() === before.members.join();
      if (!same && fact.epoch === before.epoch)
        return broken(fact, `shard ${fact.shard} changed its owner or members within epoch ${fact.epoch}`, [before, fact]);
      changes += 1;
    } else if (isReady(fact)) {
      const place = `${fact.shard} ${fact.server}`;
      const before = primaries.get(place);
      if ((reached.get(fact.shard) ?? fact.epoch) !== fact.epoch) changes += 1;
      reached.set(fact.shard, fact.epoch);
      if (before !== undefined && fact.epoch < before.epoch) {
        return broken(
          fact,
          `server ${fact.server} became primary of shard ${fact.shard} under epoch ${fact.epoch} after having been under ${before.epoch}`,
          [before, fact],
        );
      }
      primaries.set(place, fact);
    } else if (isCover(fact)) {
      if (published !== undefined && fact.epoch < published.epoch)
        return broken(fact, `the published map fell from version ${published.epoch} to ${fact.epoch}`, [published, fact]);
      published = fact;
    }
  }
  return changes === 0
    ? unexercised("no shard changed its owner, members or primary")
    : held(`${counted(changes, "change")} of owner, members or primary, none under an older epoch`);
}

function everyRequestEndsOnce({ requests }: RunRecord): Verdict {
  const { issued, endedOnce, endedTwice, neverEnded } = requests;
  if (issued === 0) return unexercised("no request was issued");
  if (endedTwice > 0 || neverEnded > 0) return brokenAtEnd(`of ${issued} requests ${endedTwice} ended twice and ${neverEnded} never`);
  return issued === endedOnce
    ? held(`${counted(issued, "request")} ended once each`)
    : brokenAtEnd(`${issued} requests were issued and ${endedOnce} ended once: the rest is unaccounted for`);
}

function mapCoversKeySpace({ facts }: RunRecord): Verdict {
  const published = facts.filter(isCover);
  if (published.length === 0) return unexercised("no version of the shard map was published");
  const hole = published.find((fact) => fact.covered !== fact.parts);
  if (hole !== undefined)
    return broken(hole, `version ${hole.epoch} of the shard map has owners for ${hole.covered} of ${hole.parts} parts of the key space`, [
      hole,
    ]);
  return held(`${counted(published.length, "version")} of the shard map covered the key space`);
}

function replicasConverge({ quiescent, data }: RunRecord): Verdict {
  if (!quiescent)
    return {
      kind: "unknown",
      cause: "audit",
      reason: "the run was not quiescent by the end of settling, so replicas could not be compared",
    };
  if (data.comparedReplicas === 0) return unexercised("no live replica could be compared");
  if (data.divergedReplicas > 0)
    return brokenAtEnd(`${data.divergedReplicas} of ${data.comparedReplicas} replicas still differ after settling`);
  return held(`${counted(data.comparedReplicas, "replica")} held the authoritative state`);
}

function linearizable({ histories = [] }: RunRecord): Verdict {
  const judged = histories.filter(({ operations }) => {
    const isAnswered = operations.some(({ kind, value, ending }) => kind === "read" && ending === "acknowledged" && value !== undefined);
    return isAnswered && operations.some(({ kind }) => kind === "write");
  });
  if (judged.length === 0)
    return unexercised("no history with a write and an answered read was kept: `histories` of the scenario keeps some");
  let operations = 0;
  let open = 0;
  for (const history of judged) {
    const found = checkLinearizable(history);
    operations += history.operations.length;
    if (found.kind === "unknown") open += 1;
    if (found.kind !== "violated") continue;
    const { kind, value, from, until } = history.operations[found.by]!;
    const answer =
      kind === "read" ? `a read that returned ${value === 0 ? "what was there at first" : `write ${value}`}` : `write ${value}`;
    const what = `${history.key}: no order of its operations explains ${answer}, from ${seconds(from)} to ${seconds(until)}`;
    return { kind: "broken", when: until, what, facts: [] };
  }
  if (open > 0) return { kind: "unknown", cause: "audit", reason: `for ${counted(open, "key")} the search for an order was given up` };
  return held(`${counted(judged.length, "key")} with ${counted(operations, "operation")} had an order each`);
}

const seconds = (microseconds: number): string => `${(microseconds / 1e6).toFixed(6)} s`;

const held = (what: string): Verdict => ({ kind: "held", what });
const broken = (at: Fact, what: string, facts: readonly Fact[]): Verdict => ({ kind: "broken", when: at.at, what, facts });
const brokenAtEnd = (what: string): Verdict => ({ kind: "broken", when: undefined, what, facts: [] });
const unexercised = (reason: string): Verdict => ({ kind: "unknown", cause: "unexercised", reason });
