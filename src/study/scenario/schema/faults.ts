/** Faults: when, what, at whom, for how long. */
import { z } from "zod";
import type { Target } from "../../../simulator/faults/fault.ts";
import { parseTarget } from "../targets.ts";
import { durations, text } from "./fields.ts";
import { report } from "./report.ts";
import { oneOrMore, orWord, section } from "./shape.ts";

const target: z.ZodType<Target, unknown> = z.string().transform((given, context): Target => {
  const parsed = parseTarget(given);
  if (parsed.ok) return parsed.target;
  report(context, parsed);
  return z.NEVER;
});

const targets = (what: string): z.ZodType<readonly Target[] | undefined, unknown> =>
  oneOrMore(target).optional().describe(`${what} A target such as \`primary of shard 0\`, \`server 7\`, \`zone b\`, \`clients web\`; a list is a union (shardlab explain targets).`);

const cut = section({
  from: oneOrMore(target).describe("Hosts on one side."),
  to: orWord("rest", oneOrMore(target)).describe("Hosts on the other side; `rest` is all others."),
  oneWay: z.boolean().default(false).describe("Only messages from the first side to the second are held."),
});

/** Kinds that later versions bring, by the names a scenario would use. */
const LATER = ["powerLoss", "wipe", "freeze", "slow", "loss", "skew", "drift", "clockJump", "flap"];

export const FAULT_KINDS = ["processCrash", "crash", "hostDeath", "pause", "cut"] as const;

export const faultSchema = section(
  {
    at: durations().optional().describe("When, after the start of measured time; drawn per repeat if it is a distribution."),
    every: durations().optional().describe("Again and again, with these gaps."),
    processCrash: targets("The process loses its memory and keeps what it wrote."),
    crash: targets("Short for processCrash."),
    hostDeath: targets("The host is silent; what was not synced is lost."),
    pause: targets("The process stands still and loses nothing."),
    cut: cut.optional().describe("Messages between two sides are held until the cut ends."),
    for: orWord("ever", durations()).optional().describe("Down time, or length of a pause or cut; default of crash and hostDeath: ever."),
    label: text().optional().describe("A name for people; results do not depend on it."),
  },
  LATER,
);

export type RawFault = z.output<typeof faultSchema>;
