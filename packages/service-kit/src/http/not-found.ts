import type { RouteTableEntry } from "@kismet/contracts";
import { MethodNotAllowed, NotFound } from "../errors/kit-errors.ts";

/** 404, or 405 with what is allowed if the address exists for other methods. */
export function refuseUnknownAddress(table: readonly RouteTableEntry[], path: string): never {
  const allowed = table.filter((route) => matches(route.path, path)).map((route) => route.method);
  throw allowed.length > 0
    ? new MethodNotAllowed([...new Set(allowed)])
    : new NotFound("There is no such address.");
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split("/");
  const given = path.split("/");
  return (
    expected.length === given.length &&
    expected.every((part, i) => (part.startsWith(":") ? given[i] !== "" : part === given[i]))
  );
}
