/** What reading a piece of notation gives: the value, or what is wrong and how to mend it. Never an exception. */

export type Parsed<Value> = { readonly ok: true; readonly value: Value } | Unreadable;

export interface Unreadable {
  readonly ok: false;
  /** What is wrong, quoting the text: `"soon" is not a duration`. */
  readonly fault: string;
  /** What to do: `write a number and a unit, such as 30s or 2h`. */
  readonly mend: string;
  /** Where in the text the fault begins: characters from its start. */
  readonly offset: number;
}

export const read = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });
export const unreadable = (fault: string, mend: string, offset = 0): Unreadable => ({ ok: false, fault, mend, offset });
