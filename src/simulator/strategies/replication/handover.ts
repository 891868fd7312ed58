/**
 * A primary hands its shard over to a standby, as planned (a switchover): it goes on until the other has nearly all, stops
 * acknowledging, waits until the other has everything, and only then gives its word. It acknowledges nothing afterwards
 * but under a newer epoch, so whatever becomes of the one who asked, nothing acknowledged is missing at the other.
 */
import type { MachineId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import { seconds, type Duration } from "../../../base/time.ts";
import { BYTES, Cutover, Message } from "../messages.ts";
import type { Peer } from "./peers.ts";

export interface Handover {
  /** Is it under way? Then what is synced is shipped at once. */
  readonly isOn: () => boolean;
  /** The word was given: this primary's time is over. */
  readonly isGiven: () => boolean;
  /** `within`: how long it may take, 0 for the usual. */
  readonly begin: (peer: Peer, epoch: number, cutover: number, from: MachineId, within: number, io: Io) => void;
  /** Something was acknowledged here or there: is it time to stop, or to give one's word? True if the word was given. */
  readonly look: (commit: number, io: Io) => boolean;
  /** What to do with a request while it is under way, and just after: serve it, have it wait here, or refuse it. */
  readonly treat: (isWrite: boolean) => "serve" | "wait" | "refuse";
  /** It took too long: the service goes on here. Only before the word was given. */
  readonly giveUp: () => void;
  /** A newer epoch is known: requests that wait are answered by that. */
  readonly forget: (io: Io) => void;
}

/** Longer than a copy that has caught up can need; after it the primary goes on as before. */
const PATIENCE = seconds(3);

export function createHandover(shard: number, timer: number): Handover {
  let to: Peer | undefined;
  let epoch = 0;
  let cutover: number = Cutover.Forwarding;
  let asker: MachineId | undefined;
  /** What the other must have before writes stop; -1 once they have. */
  let nearly = -1;
  /** Given: nothing is served, and requests wait for news if they may. */
  let isGiven = false;

  return {
    isOn: () => to !== undefined && !isGiven,
    isGiven: () => isGiven,
    begin: (peer, claimed, way, from, within, io) => {
      asker = from;
      if (to === peer && epoch === claimed) return;
      to = peer;
      epoch = claimed;
      cutover = way;
      isGiven = false;
      nearly = way === Cutover.Freeze ? -1 : io.log.written();
      io.setTimer(timer, within > 0 ? (within as Duration) : PATIENCE);
    },
    look: (commit, io) => {
      if (to === undefined || isGiven) return false;
      if (nearly >= 0 && to.synced >= nearly) nearly = -1;
      if (nearly >= 0 || commit < io.log.written() || to.synced < io.log.written() || asker === undefined) return false;
      isGiven = true;
      io.cancelTimer(timer);
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.epoch[slot] = epoch;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(asker, Channel.Control, Message.Yielded, slot);
      return true;
    },
    treat: (isWrite) => {
      if (to === undefined || (!isGiven && (nearly >= 0 || !isWrite))) return "serve";
      return cutover === Cutover.Freeze ? "refuse" : "wait";
    },
    giveUp: () => {
      if (!isGiven) to = undefined;
    },
    forget: (io) => {
      if (to !== undefined) io.cancelTimer(timer);
      to = undefined;
      isGiven = false;
    },
  };
}
