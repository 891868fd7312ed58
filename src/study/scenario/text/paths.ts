/** Paths of files as text: nothing below cli uses a Node API. Both separators are understood; `/` is written. */

/** The folder of a file: `""` when it has none, so that a relative path stays relative. Ends with `/` otherwise. */
export function folderOf(file: string): string {
  const end = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"));
  return end < 0 ? "" : file.slice(0, end + 1);
}

/**
 * `link` as seen from `folder`, with `.` and `..` resolved; undefined when it is absolute or leaves `top`.
 * Without `top` every path is allowed: this only normalises.
 */
export function resolvePath(folder: string, link: string, top: string | undefined): string | undefined {
  if (top !== undefined && (/^[/\\]/u.test(link) || /^[A-Za-z][A-Za-z0-9+.-]*:/u.test(link))) return undefined;
  const path = normal(folder + link);
  if (top === undefined) return path;
  const tree = normal(top);
  const inside = tree === "" ? !path.startsWith("../") && path !== ".." : path.startsWith(tree.endsWith("/") ? tree : `${tree}/`);
  return inside ? path : undefined;
}

function normal(path: string): string {
  const kept: string[] = [];
  const absolute = /^[/\\]/u.test(path);
  for (const step of path.split(/[/\\]/u)) {
    if (step === "" || step === ".") continue;
    if (step === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (step !== ".." || !absolute) kept.push(step);
  }
  return (absolute ? "/" : "") + kept.join("/");
}
