/** How a schema that reads by a function says what is wrong. */
import type { z } from "zod";
import type { ProblemParams } from "../text/issues.ts";

/** Reports from inside a transform or refinement: the place is that of the value, or of what `path` leads to below it. */
export function report(context: z.core.$RefinementCtx, params: ProblemParams, path: readonly (string | number)[] = []): void {
  context.issues.push({ code: "custom", input: undefined, params: { ...params }, message: params.fault, path: [...path] });
}
