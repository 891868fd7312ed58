/** The fields of the format, each with the bounds that it has wherever it stands. Notation is read by simulator/notation. */
import { z } from "zod";
import type { Duration } from "../../../base/time.ts";
import type { DistributionSpec } from "../../../simulator/kernel/distribution-spec.ts";
import { distributionsIn } from "../../../simulator/kernel/distribution-spec.ts";
import { distributionRange } from "../../../simulator/kernel/moments.ts";
import { formatDistribution } from "../../../simulator/notation/distribution.ts";
import { bandwidthField, countField, distributionField, driftField, durationField, factorField, numberField, offsetField, rateField, shareField, sizeField } from "../../../simulator/notation/fields.ts";
import type { Field } from "../../../simulator/notation/fields.ts";
import { formatDrift, formatDuration, formatFactor, formatOffset, formatShare } from "../../../simulator/notation/units.ts";
import { report } from "./report.ts";

export const duration = (): Field<Duration> => durationField();
/** What happens again and again, or is divided by, cannot be 0. */
export const positiveDuration = (): Field<Duration> => durationField({ min: 1 });
export const rate = rateField;
export const size = sizeField;
export const bandwidth = bandwidthField;
export const share = shareField;
export const count = countField;
export const number = numberField;
export const offset = offsetField;
export const factor = factorField;
export const clockDrift = driftField;

export const durations = (): Field<DistributionSpec> => distributionField("duration");
export const sizes = (): Field<DistributionSpec> => distributionField("size");
export const numbers = (): Field<DistributionSpec> => distributionField("number");

/** Any text but none. */
export const text = (): z.ZodType<string, string> => z.string().min(1);

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/u;
/** Folders are named so, which may have 255 bytes. */
const NAME_LONGEST = 200;

/** A name that targets and paths of files can hold: no blanks, none of `>`, `(`, `[`, `/`. `what` it names, in words. */
export const name = (what: string): z.ZodType<string, string> =>
  z
    .string()
    .superRefine((given, context) => {
      if (given.length > NAME_LONGEST) report(context, { fault: `a name of ${given.length} characters`, mend: `use ${NAME_LONGEST} at most`, atKey: true });
      else if (!NAME.test(given)) report(context, { fault: `"${given}" cannot be the name of a ${what}`, mend: "use letters, digits, - _ and .", atKey: true });
    })
    .meta({ pattern: NAME.source });

/** In what a metric is measured; decides how its bounds are written. */
export type MetricUnit = "time" | "count" | "bytes" | "share" | "number" | "rate";

/** A bound on a metric of this unit. Counts have fractions here: a mean of them has. */
export function boundField(unit: MetricUnit): Field<number> {
  switch (unit) {
    case "time":
      return durationField();
    case "bytes":
      return sizeField();
    case "share":
      return shareField();
    case "rate":
      return rateField();
    case "count":
      return numberField({ min: 0 });
    case "number":
      return numberField();
  }
}

/** Microseconds as a scenario would write them. */
export const durationText = formatDuration;

/** Values of faults as a scenario would write them. */
export const offsetText = formatOffset;
export const factorText = formatFactor;
export const driftText = formatDrift;
export const shareText = formatShare;

/** A distribution of durations as a scenario would write it: one text for each content. */
export const distributionText = (spec: DistributionSpec): string => formatDistribution(spec, "duration");

/** The ends of a distribution of times, infinite where there is none or where it comes from a file that is read later. */
export function timesOf(spec: DistributionSpec): { readonly earliest: number; readonly latest: number } {
  if (distributionsIn(spec).some(({ kind }) => kind === "empirical")) return { earliest: 0, latest: Infinity };
  const { from, to } = distributionRange(spec);
  // A time drawn below 0 is 0.
  return { earliest: Math.max(0, from), latest: Math.max(0, to) };
}
