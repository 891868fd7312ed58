/** A name out of a list that comes from outside, with suggestions for a misspelt one. */
import { z } from "zod";
import { notOneOf } from "../text/issues.ts";
import { report } from "./report.ts";
import { open } from "./shape.ts";

/** `what`: in words, "metric". `later`: names of the format that nothing serves yet. */
export function knownName(what: string, known: readonly string[], later: readonly string[]): z.ZodType<string, unknown> {
  return open({ words: known }).transform((given, context): string => {
    if (typeof given === "string" && known.includes(given)) return given;
    if (typeof given !== "string") report(context, { fault: `is not the name of a ${what}`, mend: "write one name" });
    else {
      const [fault, mend] = notOneOf(`"${given}"`, { known, later });
      report(context, { fault: later.includes(given) ? `the ${what} ${fault}` : `there is no ${what} "${given}"`, mend });
    }
    return z.NEVER;
  });
}
