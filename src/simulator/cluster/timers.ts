/** Timers of a host whose monotonic clock has changed: each is due when that clock shows what it was set for. */
import type { Kernel } from "../kernel/kernel.ts";
import { NO_EVENT } from "../kernel/kernel.ts";
import { Event, type HostRecord } from "./actors.ts";

/** Moves what is set to when it is due now; while the clock stands nothing is. */
export function rearm(host: HostRecord, kernel: Kernel): void {
  const now = kernel.now();
  for (const { machines } of host.processes)
    for (const { id: machine, timers, dues } of machines)
      for (let id = 0; id < timers.length; id += 1) {
        const due = dues[id]!;
        if (due < 0) continue;
        const at = host.clock.dueFor(now, due);
        const event = timers[id]!;
        if (at < Infinity) timers[id] = event === NO_EVENT ? kernel.schedule(at, Event.Timer, machine, id) : kernel.move(event, at);
        else {
          kernel.cancel(event);
          timers[id] = NO_EVENT;
        }
      }
}
