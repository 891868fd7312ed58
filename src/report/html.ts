/** Text into HTML, safely: every name in a scenario may be hostile. */
import { printable } from "./layout.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** `text` as content or as a quoted attribute's value; what is unprintable is replaced. */
export const escapeHtml = (text: string): string => printable(text).replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? "");

/** A value as JSON that may stand inside a `<script>` element: no `<` in it, so neither `</script>` nor `<!--`. */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
