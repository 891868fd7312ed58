/** Clients that route for themselves, as a part: its options, and the machine of client/smart-client.ts behind them. */
import { z } from "zod";
import type { FieldProblem } from "../../notation/fields.ts";
import { createSmartClient } from "../client/smart-client.ts";
import type { RoutingPart } from "../contracts.ts";
import { readOptions, readsProblem } from "./reads.ts";

export const smartClientOptions = z.strictObject(readOptions).superRefine((options, context) => {
  const problem = readsProblem(options);
  if (problem === undefined) return;
  context.addIssue({
    code: "custom",
    path: ["consistency"],
    message: problem.fault,
    params: { ...problem, offset: 0 } satisfies FieldProblem,
  });
});

export const createSmartClientRouting = (options: z.output<typeof smartClientOptions>): RoutingPart => ({
  createClient: (context) => createSmartClient(context, options),
});
