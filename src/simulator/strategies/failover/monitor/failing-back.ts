/** A shard goes back to where it began, by a planned switchover, once its first primary has been well for long enough. */
import type { ServerId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";
import { seconds } from "../../../../base/time.ts";
import { Cutover } from "../../messages.ts";
import { createSwitchovers, TICK, type Switchovers } from "../switchover.ts";
import { lateTimers, type Notes } from "./notes.ts";

export interface FailingBack {
  readonly switchovers: Switchovers;
  /** Begins what is due. To be called now and then. */
  readonly look: (io: Io) => void;
  readonly tick: (io: Io) => void;
}

/** What cannot be handed over within this is tried again after the time that the server had to be well. */
const WITHIN = seconds(10);
/** Each monitor gives those before it so long to do it. */
const TURN = seconds(5);

export function createFailingBack(notes: Notes, done: (shard: number, io: Io) => void): FailingBack {
  const { context, options, ordinal, procedures } = notes;
  const first = notes.map.owners.slice();
  const triedAt = new Float64Array(context.shards).fill(-Infinity);
  /** Since when each shard is known to be away; -1 while it is at home. */
  const awaySince = new Float64Array(context.shards).fill(-1);
  const { switchover } = lateTimers(context);
  const switchovers = createSwitchovers(context, notes.name, {
    map: () => notes.map,
    learn: (map) => {
      notes.map = map;
    },
    done: (shard, _isDone, io) => done(shard, io),
  });
  notes.isBusy = switchovers.isBusy;

  function isDue(shard: number, after: number, io: Io): boolean {
    const home = first[shard]!;
    if (notes.map.owners[shard] === home) {
      awaySince[shard] = -1;
      return false;
    }
    if (awaySince[shard]! < 0) awaySince[shard] = io.now();
    // Somebody else may not hear it, and would fail over again at once.
    if (notes.reports[home] !== 0 || procedures[shard]!.phase !== "idle" || switchovers.isBusy(shard)) return false;
    if (notes.map.claimed[shard]! > notes.map.epochs[shard]! || notes.isReported(notes.map.owners[shard]!)) return false;
    if (!notes.standing(shard).includes(home as ServerId)) return false;
    const well = notes.healthySince[home]!;
    return well >= 0 && io.now() - Math.max(well, awaySince[shard]!, triedAt[shard]!) >= after + (ordinal - 1) * TURN;
  }

  return {
    switchovers,
    look: (io) => {
      const { failback } = options;
      if (failback === undefined) return;
      for (let shard = 0; shard < context.shards; shard += 1) {
        if (!isDue(shard, failback.after, io)) continue;
        triedAt[shard] = io.now();
        const wanted = { label: "failback", candidates: [first[shard]! as ServerId], cutover: Cutover.Forwarding, within: WITHIN };
        if (switchovers.begin(shard, wanted, io)) io.setTimer(switchover, TICK);
      }
    },
    tick: (io) => {
      switchovers.tick(io);
      if (switchovers.anyBusy()) io.setTimer(switchover, TICK);
    },
  };
}
