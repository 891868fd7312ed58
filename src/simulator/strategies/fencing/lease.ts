/**
 * Fencing by lease: a primary accepts and acknowledges only while it holds one, by its own monotonic clock. It asks all
 * monitors again and again; the answer of a monitor is good for `ttl` from the sending of the question, less what clocks
 * may drift; with the answers of a majority the lease is held (Gray and Cheriton 1989 for the drift margin; majorities as in
 * Chubby's master lease). A successor's monitor has a majority deny the old epoch first, and waits until the last lease
 * that one of these has granted must have run out (monitor/leasing.ts). What does not hold: a machine whose monotonic clock
 * stops (a VM freeze) believes in its lease for as long again.
 */
import { z } from "zod";
import { Channel, Is, Outcome, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import { durationField, shareField } from "../../notation/fields.ts";
import type { FencingPart, LeaseTerms, ReplicaContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { answer } from "../replication/answer.ts";

export const leaseOptions = z.strictObject({
  ttl: durationField({ min: 1 }).prefault("10s").describe("How long a monitor's grant is good."),
  drift: shareField()
    .prefault("1%")
    .describe("What clocks may run fast or slow: the holder gives up so much earlier, the successor waits so much longer."),
  epoch: z.boolean().default(true).describe("Replicas refuse messages of an older epoch too."),
});

export const createLease = ({ ttl, drift, epoch }: z.output<typeof leaseOptions>): FencingPart => {
  const terms: LeaseTerms = { ttl, drift };
  return { checksEpoch: epoch, lease: terms, guard: (replica, context) => guardByLease(replica, context, terms) };
};

/** Of this guard; the replica's own timers have lower numbers. */
const Timer = { Renew: 1_000, Lapse: 1_001 } as const;
/** It is asked for anew so often in its time. */
const ASKS_PER_TTL = 4;

/** What replicas under a primary publish. */
interface PrimaryView {
  readonly isPrimary: () => boolean;
  readonly epoch: () => number;
}

export function guardByLease(replica: Machine, context: ReplicaContext, { ttl, drift }: LeaseTerms): Machine {
  const view = replica.published as PrimaryView;
  const monitors = context.controllers("monitor");
  const needed = Math.floor(monitors.length / 2) + 1;
  const length = Math.floor(ttl * (1 - drift));
  const period = Math.max(1, Math.floor(ttl / ASKS_PER_TTL)) as Duration;
  /** By monitor: when the newest question was sent that it has granted, by this host's clock. */
  const granted = new Float64Array(monitors.length).fill(-Infinity);
  let until = -Infinity;
  /** Epoch for which the lease was first asked for. */
  let askedFor = 0;
  /** It was stated that this primary stopped for lack of a lease. */
  let hasLapsed = false;
  let guarded: Io | undefined;
  const about = { shard: context.shard, epoch: view.epoch, owner: () => context.server as number };

  const holds = (io: Io): boolean => io.now() < until;

  /** The same acts, but for acknowledgements: none leaves without a lease. */
  function guardOf(io: Io): Io {
    guarded ??= {
      ...io,
      reply: (to, slot) => {
        const { outcome, index } = io.messages;
        if (outcome[slot] === Outcome.Done && view.isPrimary() && !holds(io)) {
          // A write that is in the log may yet take effect; a read was not served.
          outcome[slot] = index[slot]! > 0 ? Outcome.Interrupted : Outcome.Unavailable;
          index[slot] = 0;
        }
        io.reply(to, slot);
      },
    };
    return guarded;
  }

  function ask(io: Io): void {
    askedFor = view.epoch();
    io.setTimer(Timer.Renew, period);
    for (const monitor of monitors) {
      const slot = io.message();
      const m = io.messages;
      m.shard[slot] = context.shard;
      m.epoch[slot] = askedFor;
      m.who[slot] = context.server;
      m.time[slot] = io.now();
      m.bytes[slot] = BYTES.envelope;
      io.send(monitor, Channel.Control, Message.LeaseAsk, slot);
    }
  }

  function grant(input: Input, io: Io): void {
    const place = monitors.indexOf(input.from);
    const sentAt = io.messages.time[input.slot]!;
    if (place < 0 || sentAt <= granted[place]!) return;
    granted[place] = sentAt;
    until = [...granted].sort((a, b) => b - a)[needed - 1]! + length;
    if (!view.isPrimary() || !holds(io)) return;
    io.setTimer(Timer.Lapse, (until - io.now()) as Duration);
    if (!hasLapsed) return;
    hasLapsed = false;
    io.fact({ kind: "ready", shard: context.shard, epoch: view.epoch(), server: context.server, planned: false });
  }

  function lapse(io: Io): void {
    if (!view.isPrimary() || holds(io) || hasLapsed) return;
    hasLapsed = true;
    io.fact({ kind: "demoted", shard: context.shard, epoch: view.epoch(), server: context.server, reason: "its lease ran out" });
  }

  const isRequest = (input: Input): boolean =>
    input.kind === Is.Message && (input.message === Message.WriteRequest || input.message === Message.ReadRequest);

  function step(input: Input, io: Io): void {
    if (input.kind === Is.Timer && input.id === Timer.Renew) return view.isPrimary() ? ask(io) : undefined;
    if (input.kind === Is.Timer && input.id === Timer.Lapse) return lapse(io);
    if (input.kind === Is.Message && input.message === Message.LeaseGranted) return grant(input, io);
    if (isRequest(input) && view.isPrimary() && !holds(io)) {
      const m = io.messages;
      return answer(about, input.from, m.operation[input.slot]!, m.count[input.slot]!, Outcome.Unavailable, 0, 0, io);
    }
    replica.step(input, guardOf(io));
    if (!view.isPrimary()) hasLapsed = false;
    else if (view.epoch() !== askedFor) ask(io);
  }

  return { ...replica, step };
}
