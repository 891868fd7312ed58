/** How shardlab ends, and the errors that end it early. */

export const Exit = {
  /** All held. */
  Held: 0,
  /** An expectation broke, or nobody can tell. */
  Broken: 1,
  /** What was asked is wrong: the command line or a scenario. */
  WrongInput: 2,
  /** Our own fault. */
  OurFault: 3,
  /** Ctrl-C: 128 + SIGINT. */
  Interrupted: 130,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** What the user asked for cannot be done as asked. `lines` say what is wrong and how to mend it, all at once. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** One run failed by our own fault: `repeat` is the command that shows it again. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  readonly repeat: string;
  constructor(message: string, repeat: string, cause: unknown) {
    super(message, { cause });
    this.repeat = repeat;
  }
}
