/** What a sentinel has in its configuration file: written and synced before anybody hears of it, and found again after a crash. */
import type { Io } from "../../../../base/machine.ts";
import type { Master } from "./master.ts";

/** The file, outside the process. */
export interface SentinelDisk {
  saved: Saved | undefined;
}

interface Saved {
  readonly epoch: number;
  readonly masters: readonly Pick<Master, "owner" | "configEpoch" | "leader" | "leaderEpoch">[];
}

export interface Saving {
  readonly save: (io: Io) => void;
  /** At once if nothing is being saved, else once that is durable. */
  readonly after: (action: (io: Io) => void, io: Io) => void;
  readonly synced: (token: number, io: Io) => void;
}

export function createSaving(disk: SentinelDisk, epoch: () => number, masters: readonly Master[]): Saving {
  let asked = 0;
  let done = 0;
  const written: Saved[] = [];
  const waiting: { readonly token: number; readonly action: (io: Io) => void }[] = [];
  return {
    save: (io) => {
      asked += 1;
      written.push({
        epoch: epoch(),
        masters: masters.map(({ owner, configEpoch, leader, leaderEpoch }) => ({ owner, configEpoch, leader, leaderEpoch })),
      });
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
