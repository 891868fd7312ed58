/** Versions that machines hold beside their replicas, and which of them are on a disk: what `Io.shelf` acts on. */
import { fail } from "../../base/assert.ts";
import type { Operations } from "./operations.ts";

/** How far an item is on its way to the disk: not at all, written, covered by the flush under way, synced. */
const Stage = { Held: 0, Written: 1, Flushing: 2, Synced: 3 } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

export interface ShelfStore {
  /** Takes over a hold on the version; gives its place. */
  readonly put: (version: number) => number;
  /** 0 for no place. */
  readonly versionAt: (place: number) => number;
  readonly drop: (place: number) => void;
  /** `entry`: it is written with this entry of the machine's log, and shares its fate; 0: with none. */
  readonly store: (place: number, about: number, entry: number) => void;
  readonly stored: () => readonly { readonly place: number; readonly about: number }[];
  /** A flush began; it ended. */
  readonly flushing: () => void;
  readonly flushed: () => void;
  /** The process is gone: what is not on the disk is gone with it. */
  readonly crashed: () => void;
  /** Power is gone: so is what the disk had not synced, but for what is with an entry up to `kept`; for ever, and the disk is gone too. */
  readonly powerless: (forEver: boolean, kept: number) => void;
}

export function createShelfStore(operations: Operations): ShelfStore {
  const versions: number[] = [];
  const stages: Stage[] = [];
  const abouts: number[] = [];
  const entries: number[] = [];
  const free: number[] = [];
  /** Places on the disk, in order. */
  const onDisk = new Set<number>();

  function drop(place: number): void {
    const version = versions[place] ?? 0;
    if (!(version !== 0)) fail(`nothing stands at place ${place} of a shelf`);
    versions[place] = 0;
    stages[place] = Stage.Held;
    onDisk.delete(place);
    free.push(place);
    operations.releaseVersion(version);
  }

  /** Drops what is not as far as that. */
  function dropBelow(stage: Stage): void {
    versions.forEach((version, place) => {
      if (version !== 0 && stages[place]! < stage) drop(place);
    });
  }

  function advance(from: Stage, to: Stage): void {
    for (const place of onDisk) if (stages[place] === from) stages[place] = to;
  }

  return {
    put: (version) => {
      const place = free.pop() ?? versions.length;
      versions[place] = version;
      stages[place] = Stage.Held;
      return place;
    },
    versionAt: (place) => (place < 0 ? 0 : (versions[place] ?? 0)),
    drop,
    store: (place, about, entry) => {
      stages[place] = Stage.Written;
      abouts[place] = about;
      entries[place] = entry;
      onDisk.add(place);
    },
    stored: () => [...onDisk].map((place) => ({ place, about: abouts[place]! })),
    flushing: () => advance(Stage.Written, Stage.Flushing),
    flushed: () => advance(Stage.Flushing, Stage.Synced),
    crashed: () => dropBelow(Stage.Written),
    powerless: (forEver, kept) => {
      if (forEver) for (const place of [...onDisk]) drop(place);
      else {
        for (const place of onDisk) if (entries[place]! > 0 && entries[place]! <= kept) stages[place] = Stage.Synced;
        dropBelow(Stage.Synced);
      }
    },
  };
}
