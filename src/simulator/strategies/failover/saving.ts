/** What a watcher has on its own disk: written and synced before anybody hears of it, and found again after a crash. */
import type { Io } from "../../../base/machine.ts";

/** The file, outside the process. */
export interface Disk<Saved> {
  saved: Saved | undefined;
}

export interface Saving {
  readonly save: (io: Io) => void;
  /** At once if nothing is being saved, else once that is durable. */
  readonly after: (action: (io: Io) => void, io: Io) => void;
  readonly synced: (token: number, io: Io) => void;
}

/** `snapshot` gives a copy of what is to be kept. */
export function createSaving<Saved>(disk: Disk<Saved>, snapshot: () => Saved): Saving {
  let asked = 0;
  let done = 0;
  const written: Saved[] = [];
  const waiting: { readonly token: number; readonly action: (io: Io) => void }[] = [];
  return {
    save: (io) => {
      asked += 1;
      written.push(snapshot());
      io.sync(asked);
    },
    after: (action, io) => {
      if (asked === done) action(io);
      else waiting.push({ token: asked, action });
    },
    synced: (token, io) => {
      // Flushes end in order: what was written up to this one is there.
      for (; done < token; done += 1) disk.saved = written.shift()!;
      while (waiting.length > 0 && waiting[0]!.token <= done) waiting.shift()!.action(io);
    },
  };
}

/** Disks by number, made when first asked for. */
export function createDisks<Saved>(): (number: number) => Disk<Saved> {
  const disks = new Map<number, Disk<Saved>>();
  return (number) => {
    const disk = disks.get(number) ?? { saved: undefined };
    disks.set(number, disk);
    return disk;
  };
}

/**
 * Milliseconds of a host's wall clock as Redis counts time (`mstime`), whole and always far above 0: what has a time of 0
 * never was.
 */
export const wallMilliseconds = (io: Io): number => Math.floor(io.wall() / 1000) + EPOCH;
const EPOCH = 1_000_000_000_000;
