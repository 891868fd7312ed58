/** How the oracles' tests ask a topic: which cases of it came out held, and which did not. */
import { verifyTopic, type TopicOptions, type VerifyCase } from "../../src/study/verify/verify.ts";

export function casesOf(topic: string, options: Partial<TopicOptions> = {}): readonly VerifyCase[] {
  const result = verifyTopic(topic, { set: {}, plant: false, ...options });
  if (!result.ok) throw new Error(result.problems.join("\n"));
  if (result.cases.length === 0) throw new Error(`${topic} has no cases`);
  return result.cases;
}

const line = ({ case: name, predicted, simulated, z }: VerifyCase): string =>
  `${name}: predicted ${predicted}, simulated ${simulated}, z ${z ?? "-"}`;

/** With their figures, so that a failure explains itself. */
export const notHeld = (cases: readonly VerifyCase[]): readonly string[] => cases.filter(({ held }) => !held).map(line);
export const held = (cases: readonly VerifyCase[]): readonly string[] => cases.filter((one) => one.held).map(line);
