/**
 * STONITH ("shoot the other node in the head"): the old primary's process is ended by order before a successor is made. The
 * order takes time, may fail, may arrive late (over the network it fights) or by a management network of its own; monitors
 * give it, or the servers themselves do for them, and then a server that is shot first shoots no more. Compare Pacemaker
 * (stonith-timeout, pcmk_delay_base, priority-fencing-delay, stonith-action).
 */
import { z } from "zod";
import { countField, durationField, durationRangeField, shareField } from "../../notation/fields.ts";
import type { FencingPart, StonithTerms } from "../contracts.ts";

export const stonithOptions = z.strictObject({
  takes: durationRangeField()
    .prefault("1s..3s")
    .describe("From the order until the other's process ends, drawn from this range, and its way."),
  via: z
    .enum(["management", "network"])
    .default("management")
    .describe("A management network of its own, which reaches dead hosts too; or the network of all, where cuts hold it up."),
  by: z
    .enum(["monitor", "server"])
    .default("monitor")
    .describe("Who shoots: the monitor, or a server that it hears, as long as that one lives."),
  shoots: z
    .enum(["primary", "lost"])
    .default("primary")
    .describe("Whom: a primary that is to be replaced, once its epoch is claimed; or every server that is lost, at once (Pacemaker)."),
  fails: shareField().prefault("0%").describe("Share of shots that do nothing."),
  timeout: durationField({ min: 1 }).prefault("10s").describe("A shot that nobody has confirmed by then has failed."),
  retries: countField().default(3).describe("Shots after the first that failed."),
  onFailure: z
    .enum(["wait", "promote"])
    .default("wait")
    .describe("When all have failed: nobody is promoted, and it begins anew; or the successor is all the same."),
  wait: z.boolean().default(true).describe("Whether a promotion waits until the shot is confirmed."),
  delay: durationRangeField({ min: 0 })
    .prefault("0ms")
    .describe("Before each shot, drawn from this range: two that shoot each other seldom do so at once then."),
  sparePrimary: durationField().prefault("0ms").describe("Added to the delay of a shot at a primary: its side shoots first."),
  reboot: z
    .union([z.literal("never"), durationField({ min: 1 })])
    .prefault("30s")
    .describe("So long after a shot that is confirmed the process is ordered to start again."),
  epoch: z.boolean().default(true).describe("Replicas refuse messages of an older epoch too."),
});

export function createStonith({ epoch, reboot, ...rest }: z.output<typeof stonithOptions>): FencingPart {
  const terms: StonithTerms = { ...rest, reboot: reboot === "never" ? undefined : reboot };
  return { checksEpoch: epoch, stonith: terms };
}
