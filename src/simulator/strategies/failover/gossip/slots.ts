/** Who owns which shard, as this node has it: a claim under a greater configuration epoch wins (clusterUpdateSlotsConfigWith). */
import type { MapSnapshot } from "../../contracts.ts";
import type { Claim } from "./packet.ts";

export interface Slots {
  readonly owner: (shard: number) => number;
  readonly epoch: (shard: number) => number;
  /** True if it is news. */
  readonly learn: (claim: Claim) => boolean;
  readonly isPrimary: (server: number) => boolean;
  /** Servers that own something: those that vote. */
  readonly primaries: () => readonly number[];
  readonly claimsOf: (shards: readonly number[]) => readonly Claim[];
  readonly snapshot: () => MapSnapshot;
  readonly all: () => readonly Claim[];
}

export function createSlots(initial: MapSnapshot, saved: readonly Claim[] | undefined): Slots {
  const owners = saved === undefined ? initial.owners.slice() : Int32Array.from(saved, ({ owner }) => owner);
  const epochs = saved === undefined ? initial.epochs.slice() : Int32Array.from(saved, ({ epoch }) => epoch);
  let primaries: readonly number[] | undefined;
  let map: MapSnapshot | undefined;
  const claim = (shard: number): Claim => ({ shard, owner: owners[shard]!, epoch: epochs[shard]! });
  return {
    owner: (shard) => owners[shard]!,
    epoch: (shard) => epochs[shard]!,
    learn: ({ shard, owner, epoch }) => {
      if (epoch <= epochs[shard]!) return false;
      owners[shard] = owner;
      epochs[shard] = epoch;
      primaries = undefined;
      map = undefined;
      return true;
    },
    isPrimary: (server) => owners.includes(server),
    primaries: () => (primaries ??= [...new Set(owners)].filter((server) => server >= 0)),
    claimsOf: (shards) => shards.map(claim),
    snapshot: () => (map ??= { ...initial, owners: owners.slice(), epochs: epochs.slice(), claimed: epochs.slice() }),
    all: () => Array.from(owners, (_, shard) => claim(shard)),
  };
}
