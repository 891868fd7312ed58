/** What the operations of a trace are called, and what they are here. */
import type { OperationKind } from "../workload.ts";

/**
 * Lower case. Memcached's (Twitter's traces have them), and common words. Whatever stores a value is an update of the row
 * that its key has: a cache makes no difference between the first time and the next.
 */
export const TRACE_OPERATIONS: Readonly<Record<string, OperationKind>> = {
  get: "read",
  gets: "read",
  read: "read",
  set: "update",
  add: "update",
  replace: "update",
  cas: "update",
  append: "update",
  prepend: "update",
  update: "update",
  insert: "update",
  write: "update",
  put: "update",
  incr: "readModifyWrite",
  decr: "readModifyWrite",
  readmodifywrite: "readModifyWrite",
  delete: "delete",
};
