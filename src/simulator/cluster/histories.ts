/**
 * Sampled histories: of a few whole keys everything that clients asked and were told, for the checker of linearizability. Keys are
 * chosen by a hash of their number, the lowest of those that are used at all; where memory would grow beyond its bound the one
 * with the highest is given up as a whole, and never taken again. So which keys are kept hangs on nothing but which are used.
 */
import type { HistoryOperation, KeyHistory } from "../record/history.ts";
import { Finish } from "../../base/machine.ts";
import { isWrite, Kind, type Operations } from "./operations.ts";
import type { HistoriesSpec } from "./spec.ts";

export interface Histories {
  /** A server answers a read with a version. */
  readonly served: (operation: number, version: number) => void;
  /** The client has its last word. */
  readonly ended: (operation: number, ending: Finish, now: number) => void;
  /** In order of keys, operations in order of their sends. `from` is where measured time starts. */
  readonly take: (from: number) => readonly KeyHistory[];
}

interface Kept {
  readonly key: number;
  readonly hash: number;
  readonly operations: (HistoryOperation & { readonly serial: number })[];
}

/** Several servers answered one read, with different versions: which one its client took is not looked at. */
const SEVERAL = -1;

export function createHistories(spec: HistoriesSpec, { of, versions }: Operations): Histories {
  const kept = new Map<number, Kept>();
  /** Serial number of the write whose version was served, by operation. */
  const answers = new Map<number, number>();
  /** Keys with this hash or a higher one are not taken. */
  let limit = Infinity;
  let count = 0;

  function dropHighest(): void {
    let highest: Kept | undefined;
    for (const each of kept.values()) if (highest === undefined || each.hash > highest.hash) highest = each;
    if (highest === undefined) return;
    limit = highest.hash;
    count -= highest.operations.length;
    kept.delete(highest.key);
  }

  function keptOf(key: number): Kept | undefined {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const hash = hashOf(key);
    if (hash >= limit) return undefined;
    const fresh: Kept = { key, hash, operations: [] };
    kept.set(key, fresh);
    while (kept.size > spec.keys) dropHighest();
    return kept.get(key);
  }

  return {
    served: (operation, version) => {
      if (of.probe[operation] === 1 || hashOf(of.key[operation]!) >= limit) return;
      const serial = version === 0 ? 0 : of.serial[versions.operation[version]!]!;
      const known = answers.get(operation);
      answers.set(operation, known === undefined || known === serial ? serial : SEVERAL);
    },
    ended: (operation, ending, now) => {
      const answer = answers.get(operation);
      if (answer !== undefined) answers.delete(operation);
      const kind = of.kind[operation]!;
      if (of.probe[operation] === 1 || !(kind === Kind.Read || isWrite(kind))) return;
      const history = keptOf(of.key[operation]!);
      if (history === undefined) return;
      const serial = of.serial[operation]!;
      const isWritten = isWrite(kind);
      history.operations.push({
        serial,
        process: of.vantage[operation]!,
        kind: isWritten ? "write" : "read",
        value: isWritten ? serial : answer === undefined || answer === SEVERAL ? undefined : answer,
        from: of.sentAt[operation]!,
        until: now,
        ending: ending === Finish.Acknowledged ? "acknowledged" : ending === Finish.Refused ? "refused" : "ambiguous",
      });
      count += 1;
      while (count > spec.operations) dropHighest();
    },
    take: (from) =>
      [...kept.values()]
        .sort((a, b) => a.key - b.key)
        .map(({ key, operations }) => ({
          key: `key ${key}`,
          initial: 0,
          operations: operations
            .sort((a, b) => a.from - b.from || a.serial - b.serial)
            .map(({ process, kind, value, from: sent, until, ending }) => ({
              process,
              kind,
              value,
              from: sent - from,
              until: until - from,
              ending,
            })),
        })),
  };
}

/** Mixes a key's number into 32 bits (MurmurHash3's finish, A. Appleby, public domain), so that neighbours are unrelated. */
function hashOf(key: number): number {
  let h = Math.imul(key + 1, 0x9e37_79b1);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
