/** Routers on hosts of their own between clients and servers, as a part: its options, and the machines behind them. */
import { z } from "zod";
import { countField, durationField } from "../../notation/fields.ts";
import { createProxyClient } from "../client/proxy-client.ts";
import { createRouter } from "../client/router.ts";
import type { RoutingPart } from "../contracts.ts";
import { readOptions, refineReads } from "./reads.ts";
import { scatter } from "./smart-client.ts";

const buffer = z.strictObject({
  requests: countField({ min: 0 })
    .default(1_000)
    .describe("Requests that may wait in a router for a server; the next drives out the oldest. 0: none waits."),
  window: durationField({ min: 1 }).prefault("10s").describe("How long one may wait, or until the client's attempt is over."),
  every: durationField({ min: 1_000 }).prefault("20ms").describe("Pause between two tries of a request that waits."),
});

export const proxyOptions = z
  .strictObject({
    ...readOptions,
    scatter,
    // vtgate's defaults: buffer_size 1000, buffer_window 10s (vitess.io, "Buffering").
    buffer: buffer.prefault({}).describe("Where requests wait that cannot be served now, as in Vitess' vtgate."),
    timeout: durationField({ min: 1 }).prefault("250ms").describe("Of a router's attempt at one server."),
  })
  .superRefine(refineReads);

export const createProxyRouting = (options: z.output<typeof proxyOptions>): RoutingPart => ({
  createClient: createProxyClient,
  createRouter: (context) => createRouter(context, options),
});
