/**
 * A cold standby: its server keeps a base copy of the shard and the log since, and runs no database. To take over it has
 * to boot, restore the copy over its network (the store is another machine's) and replay the log. What it was sent it
 * has, so nothing received is lost; it serves nothing until it is done.
 */
import { TransferChange, type Input, type Io } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import { createApplier, type Applier } from "./applier.ts";
import { Timer, type Replica } from "./replica.ts";
import type { ColdPolicy } from "./policy.ts";

export interface ColdApplier extends Applier {
  /** News of the transfer of the base copy. True if everything is applied. */
  readonly transferred: (input: Input, io: Io) => boolean;
}

/** Transfers of this kind have this token; those of resync.ts are below -32. */
const RESTORE = -1;

export function createColdApplier(replica: Replica, { boot, copyEvery }: ColdPolicy): ColdApplier {
  const draw = replica.context.sampler(boot);
  const replay = createApplier(replica, { kind: "work", delay: 0 as Duration });
  let state: "cold" | "booting" | "restoring" | "running" = "cold";
  let isTimed = false;

  return {
    look: (io) => {
      if (state === "running") return replay.look(io);
      if (state !== "cold" || isTimed) return;
      isTimed = true;
      io.setTimer(Timer.Apply, copyEvery);
    },
    done: replay.done,
    due: (io) => {
      if (state === "running") return replay.due(io);
      if (state === "cold") {
        isTimed = false;
        if (io.log.exists()) io.log.apply(io.log.written());
      } else if (state === "booting") {
        state = "restoring";
        io.transfer(io.self(), Math.max(1, replica.context.dataBytes()), RESTORE);
      }
      return false;
    },
    transferred: (input, io) => {
      if (state !== "restoring" || input.id !== RESTORE || input.change === TransferChange.Progress) return false;
      if (input.change === TransferChange.Failed) {
        io.transfer(io.self(), Math.max(1, replica.context.dataBytes()), RESTORE);
        return false;
      }
      state = "running";
      return replay.finish(io);
    },
    finish: (io) => {
      if (state === "running") return replay.finish(io);
      if (state !== "cold") return false;
      state = "booting";
      io.setTimer(Timer.Apply, Math.max(1, Math.round(draw(io.random("boot")))) as Duration);
      return false;
    },
    // Once it runs it goes on running.
    stand: replay.stand,
  };
}
