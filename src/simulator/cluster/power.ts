/** What is left of a host's data when it dies: written and synced are different things, and so is a disk that is gone. */
import type { Random } from "../../base/random.ts";
import type { HostRecord, MachineRecord } from "./actors.ts";
import type { Ledger } from "./ledger.ts";

/** What a flush has just made durable may be in the device's volatile cache for a while. */
export function noteCached(machine: MachineRecord, now: number, position: number): void {
  const { cached, registers, store, process } = machine;
  if (cached.length === 0) cached.push({ at: -Infinity, position: 0, registers: new Float64Array(registers.synced.length) });
  cached.push({ at: now, position, registers: registers.synced.slice() });
  while (cached.length > 1 && cached[1]!.at <= now - process.host.volatileCache) cached.shift();
  store?.setDurable(cached[0]!.position);
}

/**
 * The host is dead. What was written but not synced is lost but for a prefix, drawn: the device may have got that far;
 * with its power gone, what is in its volatile cache too. For ever means that nobody will see any of it again.
 */
export function losePower(host: HostRecord, forEver: boolean, isDark: boolean, random: (name: string) => Random): void {
  host.device.clear();
  const what = isDark ? "power loss" : "host death";
  for (const process of host.processes)
    for (const machine of process.machines) {
      const { store, registers, cached, shelf } = machine;
      const isCached = isDark && cached.length > 0;
      if (registers.isDirty || registers.isFlushing || isCached) {
        // A register is on the device or it is not.
        const states = isCached ? cached.map((state) => state.registers) : [registers.synced];
        registers.now.set([...states, registers.now][random(`${what}/${machine.name}/registers`).below(states.length + 1)]!);
        registers.synced.set(registers.now);
        registers.isDirty = false;
        registers.isFlushing = false;
      }
      if (store === undefined || store.destroyed()) {
        shelf?.powerless(forEver, 0);
        if (isCached) settleCached(machine);
        continue;
      }
      if (forEver) {
        shelf?.powerless(true, 0);
        store.destroy();
      } else {
        const safe = isCached ? Math.max(store.base(), cached[0]!.position) : store.synced();
        const unsafe = store.written() - safe;
        const kept = unsafe > 0 ? random(`${what}/${machine.name}`).below(unsafe + 1) : 0;
        store.truncate(safe + kept);
        store.setSynced(store.written());
        shelf?.powerless(false, store.written());
        if (isCached) settleCached(machine);
      }
    }
}

/** What a device still has when power is back is not in a cache. */
function settleCached({ cached, store, registers }: MachineRecord): void {
  const position = store === undefined || store.destroyed() ? 0 : store.written();
  cached.splice(0, cached.length, { at: -Infinity, position, registers: registers.now.slice() });
  store?.setDurable(position);
}

/** The host is dead, and what its disks held is gone: its machines come back without replicas and registers. */
export function erase(host: HostRecord, forEver: boolean, ledger: Ledger): void {
  host.device.clear();
  for (const process of host.processes)
    for (const machine of process.machines) {
      const { store, registers, shelf } = machine;
      shelf?.powerless(true, 0);
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
