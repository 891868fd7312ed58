/** Clients that route for themselves, as a part: its options, and the machine of client/smart-client.ts behind them. */
import { z } from "zod";
import { shareField } from "../../notation/fields.ts";
import type { GatherOptions } from "../../../modules/routing/scatter.ts";
import { createSmartClient } from "../client/smart-client.ts";
import type { RoutingPart } from "../contracts.ts";
import { readOptions, refineReads } from "./reads.ts";

/** Of operations that ask several shards: scans, finds, joins, multi-key reads. */
export const scatter = z
  .strictObject({
    onFailure: z
      .enum(["refuse", "return"])
      .default("refuse")
      .describe("What a shard without an answer does: the whole is refused at once, or what came is returned, as a partial answer."),
    least: shareField().optional().describe("With return: the least share of the shards that must have answered; default: one of them."),
  })
  .transform(({ onFailure, least }): GatherOptions => (least === undefined ? { onFailure } : { onFailure, shareMin: least }))
  .prefault({})
  .describe("What operations on several shards do when one of them does not answer.");

export const smartClientOptions = z.strictObject({ ...readOptions, scatter }).superRefine(refineReads);

export const createSmartClientRouting = (options: z.output<typeof smartClientOptions>): RoutingPart => ({
  createClient: (context) => createSmartClient(context, options),
});
