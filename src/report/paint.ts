/** Emphasis in text for people. Meaning never hangs on it: without colours every mark is still there as a word or a sign. */

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
}

const asIs = (text: string): string => text;

/** No emphasis: for files and pipes. */
export const PLAIN: Paint = { bold: asIs, dim: asIs, good: asIs, bad: asIs, doubtful: asIs };
