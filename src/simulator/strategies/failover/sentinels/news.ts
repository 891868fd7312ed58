/**
 * What a sentinel tells about who is primary: to clients that ask or listen to it (get-master-addr-by-name,
 * +switch-master), and to the run's metadata service, which only keeps books here: nobody acts by its word.
 */
import type { MachineId } from "../../../../base/ids.ts";
import { type Io } from "../../../../base/machine.ts";
import type { MapSnapshot, PartContext } from "../../contracts.ts";
import { sendMap, sendReport } from "../../letters.ts";
import { announced, type Master } from "./master.ts";

/** The books are told again until they have it, milliseconds. */
const REPORT_AGAIN_AFTER = 1_000;

export interface News {
  /** The primary or epoch that is announced may have changed. */
  readonly changed: () => void;
  readonly send: (to: MachineId, io: Io) => void;
  readonly watch: (by: MachineId, io: Io) => void;
  readonly tellWatchers: (io: Io) => void;
  readonly report: (now: number, io: Io) => void;
  readonly reported: (shard: number, epoch: number) => void;
}

export function createNews(context: PartContext, masters: readonly Master[]): News {
  const initial = context.initialMap();
  const watchers: MachineId[] = [];
  /** Highest epoch that the books are known to have. */
  const booked = Int32Array.from(initial.epochs);
  let toldAt = -Infinity;
  let map: MapSnapshot | undefined;

  function snapshot(): MapSnapshot {
    const epochs = Int32Array.from(masters, ({ configEpoch }) => configEpoch);
    map ??= { ...initial, owners: Int32Array.from(masters, announced), epochs, claimed: epochs };
    return map;
  }

  function send(to: MachineId, io: Io): void {
    sendMap(snapshot(), to, io);
  }

  return {
    changed: () => {
      map = undefined;
      toldAt = -Infinity;
    },
    send,
    watch: (by, io) => {
      if (!watchers.includes(by)) watchers.push(by);
      send(by, io);
    },
    tellWatchers: (io) => {
      for (const watcher of watchers) send(watcher, io);
    },
    report: (now, io) => {
      if (now - toldAt < REPORT_AGAIN_AFTER) return;
      for (const master of masters) {
        if (master.configEpoch <= booked[master.shard]!) continue;
        toldAt = now;
        sendReport(context.metadata(), master.shard, master.configEpoch, announced(master), true, io);
      }
    },
    reported: (shard, epoch) => {
      booked[shard] = Math.max(booked[shard]!, epoch);
    },
  };
}
