/**
 * JUnit XML, as build servers read it: a suite for each scenario, a case for each claim. There is no one standard: these are the elements
 * and attributes that Jenkins, GitLab and GitHub's reporters have in common. The same results give the same bytes: no times, no host.
 */
import type { Checked, Claim } from "./checked.ts";

/** The text of the file, with an end of line. */
export function junitXml(checked: readonly Checked[]): string {
  const suites = checked.map(({ name, file, claims }) => {
    const cases = claims.map((claim) => caseXml(claim, name, file));
    return `  <testsuite name="${escapeXml(name)}" file="${escapeXml(file)}" ${counts(claims)}>\n${cases.join("")}  </testsuite>\n`;
  });
  const all = checked.flatMap(({ claims }) => claims);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="shardlab" ${counts(all)}>\n${suites.join("")}</testsuites>\n`;
}

function counts(claims: readonly Claim[]): string {
  const failures = claims.filter(({ kind }) => kind === "broken").length;
  const errors = claims.filter(({ kind }) => kind === "unknown").length;
  const skipped = claims.filter(({ kind, knownFailure }) => kind === "held" && knownFailure !== undefined).length;
  return `tests="${claims.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

/** A known failure that still fails is skipped: it did not pass, and it is no news. */
function caseXml({ title, kind, text, place, again, knownFailure }: Claim, suite: string, file: string): string {
  const line = place === undefined ? "" : ` line="${place.line}"`;
  const head = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(title)}" file="${escapeXml(place?.file ?? file)}"${line}`;
  const body = again === undefined ? text : `${text}\nagain: ${again}`;
  switch (kind) {
    case "held":
      return knownFailure === undefined
        ? `${head}/>\n`
        : `${head}><skipped message="known failure: ${escapeXml(knownFailure)}"/></testcase>\n`;
    case "broken":
      return `${head}><failure type="broken" message="${escapeXml(text)}">${escapeXml(body)}</failure></testcase>\n`;
    case "unknown":
      return `${head}><error type="unknown" message="${escapeXml(text)}">${escapeXml(body)}</error></testcase>\n`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** What XML 1.0 cannot hold even escaped (section 2.2) becomes a replacement character; ends of line survive in attributes as references. */
function escapeXml(text: string): string {
  return text
    .replace(UNWRITABLE, "\ufffd")
    .replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? "")
    .replace(/\n/gu, "&#10;")
    .replace(/\r/gu, "&#13;")
    .replace(/\t/gu, "&#9;");
}
