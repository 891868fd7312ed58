/** What a topic of `verify` is. */
import type { VerifyCase } from "./case.ts";
import type { Progress } from "./laboratory.ts";
import type { Setting, Settings } from "./settings.ts";

export interface TopicOptions {
  /** Settings by name, in the notation of scenarios; already checked against `settings`. */
  readonly set: Readonly<Record<string, string>>;
  /** Repeats in place of the topic's own number. */
  readonly runs?: number | undefined;
  /** Runs the planted twin of each case: something is wrong on purpose, and no case may be held. */
  readonly plant: boolean;
  /** Called now and then: work done and work to do, in runs. */
  readonly progress?: Progress | undefined;
}

export interface Topic {
  readonly name: string;
  readonly summary: string;
  readonly settings: readonly Setting[];
  /** What is wrong with settings that are each right by themselves: sentences like those of `readSettings`. */
  readonly problems?: (settings: Settings) => readonly string[];
  /** The fewest repeats that it can judge: one has no spread, unless it is cut into batches. */
  readonly runsLeast: number;
  readonly run: (options: TopicOptions) => readonly VerifyCase[];
}
