/** JSON that a person can read and a version control can compare: what is short stands on one line, a row of numbers always. */

/** Characters up to which an object or list stays on one line. */
const LINE = 160;

/** JSON of plain data, one blank a level. A number that JSON has no word for is a text: "Infinity", "-Infinity", "NaN". */
export function jsonText(value: unknown, indent = ""): string {
  const flat = JSON.stringify(value, finite) as string | undefined;
  if (flat === undefined || !(value instanceof Object)) return flat ?? "";
  if (indent.length + flat.length <= LINE || (Array.isArray(value) && value.every((one) => !(one instanceof Object)))) return flat;
  const inner = `${indent} `;
  if (Array.isArray(value)) return `[\n${value.map((one: unknown) => inner + jsonText(one, inner)).join(",\n")}\n${indent}]`;
  const fields = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([key, one]) => `${inner}${JSON.stringify(key)}: ${jsonText(one, inner)}`);
  return `{\n${fields.join(",\n")}\n${indent}}`;
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
