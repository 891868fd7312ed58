/** What is left of a host's data when it dies: written and synced are different things, and so is a disk that is gone. */
import type { Random } from "../../base/random.ts";
import type { HostRecord } from "./actors.ts";
import type { Ledger } from "./ledger.ts";

/**
 * The host is dead. What was written but not synced is lost but for a prefix, drawn: the device may have got that far. For
 * ever means that nobody will see any of it again. `what` names the streams of random numbers.
 */
export function losePower(host: HostRecord, forEver: boolean, what: string, random: (name: string) => Random): void {
  host.device.clear();
  for (const process of host.processes)
    for (const machine of process.machines) {
      const { store, registers, shelf } = machine;
      shelf?.powerless(forEver);
      if (registers.isDirty || registers.isFlushing) {
        // A register is on the device or it is not.
        if (random(`${what}/${machine.name}/registers`).below(2) === 0) registers.now.set(registers.synced);
        registers.synced.set(registers.now);
        registers.isDirty = false;
        registers.isFlushing = false;
      }
      if (store === undefined || store.destroyed()) continue;
      if (forEver) store.destroy();
      else {
        const unsynced = store.written() - store.synced();
        const kept = unsynced > 0 ? random(`${what}/${machine.name}`).below(unsynced + 1) : 0;
        store.truncate(store.synced() + kept);
        store.setSynced(store.written());
      }
    }
}

/** The host is dead, and what its disks held is gone: its machines come back without replicas and registers. */
export function erase(host: HostRecord, forEver: boolean, ledger: Ledger): void {
  host.device.clear();
  for (const process of host.processes)
    for (const machine of process.machines) {
      const { store, registers, shelf } = machine;
      shelf?.powerless(true);
      for (const values of [registers.now, registers.flushing, registers.synced]) values.fill(0);
      registers.isDirty = false;
      registers.isFlushing = false;
      if (store === undefined || store.destroyed()) continue;
      if (forEver) store.destroy();
      else {
        ledger.dropReplica(store);
        // Without a single order a replica begins anew by itself, with nothing: others mend it.
        machine.store = store.merging === undefined ? undefined : ledger.addReplica(store.shard, store.server);
      }
    }
}
