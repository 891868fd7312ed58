/** Faults: when, what, at whom, for how long. */
import { z } from "zod";
import { DRIFT_LEAST, DRIFT_MOST } from "../../../base/time.ts";
import type { Target } from "../../../simulator/faults/fault.ts";
import { parseTarget } from "../targets.ts";
import { clockDrift, durations, factor, offset, share, text } from "./fields.ts";
import { report } from "./report.ts";
import { checked, oneOrMore, orWord, section } from "./shape.ts";

const target: z.ZodType<Target, unknown> = z.string().transform((given, context): Target => {
  const parsed = parseTarget(given);
  if (parsed.ok) return parsed.target;
  report(context, parsed);
  return z.NEVER;
});

const A_TARGET = "A target such as `primary of shard 0`, `server 7`, `zone b`, `clients web`; a list is a union (shardlab explain targets).";
const targets = (what: string): z.ZodType<readonly Target[] | undefined, unknown> => oneOrMore(target).optional().describe(`${what} ${A_TARGET}`);

/** The two sides of what happens to links. */
const sides = (what: string) => ({
  from: oneOrMore(target).describe("Hosts on one side."),
  to: orWord("rest", oneOrMore(target)).describe("Hosts on the other side; `rest` is all others."),
  oneWay: z.boolean().default(false).describe(`Only messages from the first side to the second are ${what}.`),
});

const cut = section(sides("held"));

/** Slower or faster by more than this is a slip of the keyboard. */
const FACTOR_MOST = 1_000_000;
const slowness = () => factor({ min: 1 / FACTOR_MOST, max: FACTOR_MOST });

const slow = section({
  cpu: slowness().optional().describe("Demands on the cores take so many times as long: 4x."),
  disk: slowness().optional().describe("Flushes of the log device take so many times as long: 20x."),
  of: targets("The hosts that are slow.").optional(),
  link: section(sides("late")).optional().describe("Instead of hosts: the ways between two sides are slow."),
  delay: durations().optional().describe("What each message on the link takes longer; what follows on its connection does not overtake it."),
});

// All packets lost is a cut.
const lost = checked(share(), (value) => (value < 1 ? undefined : { fault: "a link that loses everything is cut", mend: "write less than 100%, or cut:" }));
const loss = section({
  ...sides("lost"),
  share: lost.describe("Of packets: each costs a retransmission time-out, one that is lost again twice as much, and so on."),
});

const flap = section({
  cut: cut.describe("Between whom; found once, when the fault begins."),
  down: durations().describe("How long the link is cut each time; it begins so."),
  up: durations().describe("How long it is well in between."),
});

/** A thousand days: no clock is off by more, unless its battery is dead. */
const OFFSET_MOST = 86_400_000_000 * 1_000;
const clockOf = targets("The hosts whose clocks are meant.");
const shifted = (about: string) =>
  section({ of: clockOf, by: offset({ min: -OFFSET_MOST, max: OFFSET_MOST }).describe(about) });

const drift = section({
  of: clockOf,
  by: clockDrift({ min: DRIFT_LEAST, max: DRIFT_MOST }).describe("So much faster than by their own drift, below 0 slower: 200ppm, 1%, -0.5%. At most twice true speed, at least a tenth."),
});

export const FAULT_KINDS = [
  "processCrash",
  "crash",
  "hostDeath",
  "powerLoss",
  "wipe",
  "pause",
  "freeze",
  "slow",
  "cut",
  "loss",
  "flap",
  "skew",
  "drift",
  "clockJump",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Those that need a length: they end, and what they struck goes on. */
export const NEED_LENGTH: readonly FaultKind[] = ["pause", "freeze", "slow", "cut", "loss", "flap", "skew", "drift"];

export const faultSchema = section({
  at: durations().optional().describe("When, after the start of measured time; drawn per repeat if it is a distribution."),
  every: durations().optional().describe("Again and again, with these gaps."),
  processCrash: targets("The process loses its memory and keeps what it wrote. Its peers are reset at once."),
  crash: targets("Short for processCrash."),
  hostDeath: targets("The host is silent; what was not synced is lost but for a drawn prefix."),
  powerLoss: targets("Power is gone: all these hosts die at one instant. Beyond hostDeath, what devices acknowledged from a volatile cache (server.volatileCache) is lost too."),
  wipe: targets("Servers lose memory and disks, synced data too. They come back empty: their replicas stay out until they are copied anew."),
  pause: targets("The process stands still and loses nothing. Its monotonic clock runs on: what came due meanwhile is due at once when it goes on."),
  freeze: targets("The machine stands still, as a virtual machine does while it is moved. Its monotonic clock stands too, so that time-outs and leases by that clock do not see the gap; the wall clock is right at once afterwards."),
  slow: slow.optional().describe("Slow hosts { cpu: 4x, disk: 20x, of: server 3 }, or a slow link { link: { from: zone a, to: rest }, delay: exp(50ms) }. They answer, but late."),
  cut: cut.optional().describe("Messages between two sides are held until the cut ends."),
  loss: loss.optional().describe("A link loses a share of packets: { from: zone a, to: rest, share: 20% }. Connections bear it and are late; nothing is lost for good."),
  flap: flap.optional().describe("A link that is cut and mended in turn: { cut: { from: server 0, to: rest }, down: 2s, up: exp(3s) }."),
  skew: shifted("So much ahead of what they would show, below 0 behind: 500ms, -2s.").optional().describe("Wall clocks are off until the fault ends; then they are as before. { of: server 0, by: 500ms }"),
  drift: drift.optional().describe("Both clocks of hosts run faster or slower until the fault ends; what they are off by then they stay. { of: server 0, by: 1% }"),
  clockJump: shifted("Forward, below 0 backward: 10s, -2s.").optional().describe("Wall clocks jump, and stay so: no for:. Monotonic clocks never jump. { of: server 0, by: -2s }"),
  for: orWord("ever", durations()).optional().describe("Down time, or length of anything else; default of what dies (crash, hostDeath, powerLoss, wipe): ever."),
  label: text().optional().describe("A name for people; results do not depend on it."),
});

export type RawFault = z.output<typeof faultSchema>;
