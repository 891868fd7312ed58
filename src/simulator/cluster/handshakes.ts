/**
 * Connections that a process opens before it says anything: so many round trips (one for TCP, one or two for TLS), each way
 * of which takes its latency. A way that is cut, and a host that is dead or frozen, answer nothing: the packet is sent
 * again, as TCP does, until the opener's patience is over. A host without its process refuses at once. The first round
 * trip is the kernel's own; the others need a process that is not paused.
 */
import { ConnectionChange } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Event, type ProcessRecord } from "./actors.ts";
import type { Network } from "./network.ts";

export interface Handshakes {
  readonly begin: (from: ProcessRecord, to: ProcessRecord, roundTrips: number, patience: number) => void;
  /** The kernel's event: a packet of the handshake at this place arrives, or is due to be sent again. */
  readonly arrive: (place: number) => void;
}

interface Handshake {
  readonly from: ProcessRecord;
  readonly to: ProcessRecord;
  readonly era: number;
  readonly until: number;
  readonly legs: number;
  /** Ways made: even ones lead there. */
  made: number;
  tries: number;
}

export function createHandshakes(
  kernel: Kernel,
  network: Network,
  tell: (process: ProcessRecord, peer: ProcessRecord, change: number) => void,
): Handshakes {
  const handshakes: (Handshake | undefined)[] = [];
  const free: number[] = [];

  function send(handshake: Handshake, place: number): void {
    const isThere = handshake.made % 2 === 0;
    const [from, to] = isThere ? [handshake.from, handshake.to] : [handshake.to, handshake.from];
    const latency = network.latency(from.host.place.id, to.host.place.id);
    kernel.schedule((kernel.now() + latency) as Instant, Event.Handshake, place, 0);
  }

  function end(handshake: Handshake, place: number, change: number): void {
    handshakes[place] = undefined;
    free.push(place);
    tell(handshake.from, handshake.to, change);
  }

  /** Does the packet on its way get an answer, or at least get through? */
  function passes({ from, to, made }: Handshake): boolean {
    const isThere = made % 2 === 0;
    const [here, there] = isThere ? [from.host, to.host] : [to.host, from.host];
    if (network.blocked(here.place.id, there.place.id)) return false;
    return !isThere || (there.down === 0 && there.frozen === 0 && (made === 0 || to.paused === 0));
  }

  return {
    begin: (from, to, roundTrips, patience) => {
      const place = free.pop() ?? handshakes.length;
      const handshake = { from, to, era: from.era, until: kernel.now() + patience, legs: 2 * roundTrips, made: 0, tries: 0 };
      handshakes[place] = handshake;
      send(handshake, place);
    },
    arrive: (place) => {
      const handshake = handshakes[place]!;
      const { from, to, until } = handshake;
      if (from.down > 0 || from.era !== handshake.era) {
        handshakes[place] = undefined;
        free.push(place);
        return;
      }
      if (kernel.now() >= until) return end(handshake, place, ConnectionChange.Unopened);
      if (!passes(handshake)) {
        let pause = network.retransmission;
        for (let i = 0; i < handshake.tries; i += 1) pause *= 2;
        handshake.tries += 1;
        kernel.schedule(Math.min(until, kernel.now() + pause) as Instant, Event.Handshake, place, 0);
        return;
      }
      if (handshake.made % 2 === 0 && to.down > 0) return end(handshake, place, ConnectionChange.Unopened);
      handshake.made += 1;
      handshake.tries = 0;
      if (handshake.made === handshake.legs) end(handshake, place, ConnectionChange.Opened);
      else send(handshake, place);
    },
  };
}
