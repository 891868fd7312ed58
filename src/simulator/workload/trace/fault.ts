/** What is wrong with a row of a trace: data before a run, thrown during one. */

export interface TraceFault {
  /** From 1. Columns count bytes. */
  readonly line: number;
  readonly column: number;
  readonly fault: string;
  readonly mend: string;
  /** The line, or its beginning. */
  readonly text: string;
}

/** A trace that was sound when it was looked at is not so any more: the user's affair, not ours. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  readonly file: string;
  readonly at: TraceFault;
  constructor(file: string, at: TraceFault) {
    super(`${file}:${at.line}:${at.column} ${at.fault}; ${at.mend}`);
    this.file = file;
    this.at = at;
  }
}
