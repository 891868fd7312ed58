/** `objectives:` and `prices:`: what must be met, and what it costs. Bounds are read later, in the unit of their metric (objectives.ts). */
import { z } from "zod";
import { PRICE_EXAMPLES, type PriceKind, parsePrice } from "../../../simulator/notation/prices.ts";
import { report } from "./report.ts";
import { section } from "./shape.ts";

const price = (kind: PriceKind, per: string) =>
  z
    .union([z.string(), z.number()])
    .meta({ examples: [PRICE_EXAMPLES[kind]] })
    .transform((given, context): number => {
      const read = parsePrice(String(given), kind);
      if (read.ok) return read.value;
      report(context, read);
      return z.NEVER;
    })
    .optional()
    .describe(`Per ${per}, such as ${PRICE_EXAMPLES[kind]}; in whatever currency you pay.`);

export const pricesSchema = section({
  server: price("time", "hour of a host: servers, and the hosts of controllers"),
  crossZone: price("size", "GB of messages between zones"),
  storage: price("storage", "GB and month, of all replicas together"),
});

/** Statistics of an objective: a text or number in the unit of the metric each. */
export const objectivesSchema = (metric: z.ZodType<string>): z.ZodType => z.record(metric, z.record(z.string(), z.union([z.string(), z.number()])));
