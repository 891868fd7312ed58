/** The report of a study that has been run. */
import { type Report, makeReport } from "../report/report.ts";
import { VERSION } from "../study/experiment/version.ts";
import type { Study } from "./studies.ts";

/** Needs at least one whole repeat. */
export function reportOfStudy({ scenario, seed, repeats, records, verdicts, objectives, changes }: Study): Report {
  const strategies = scenario.strategies.flatMap(({ name, resolved }) => {
    const own = records.get(name);
    return own === undefined ? [] : [{ name, resolved, records: own }];
  });
  const { name, question, labels, prices } = scenario;
  const plannedRepeats = scenario.repeats;
  return makeReport({
    name,
    question,
    labels,
    seed,
    version: VERSION,
    plannedRepeats,
    repeats,
    changes,
    strategies,
    verdicts,
    objectives,
    prices,
  });
}
