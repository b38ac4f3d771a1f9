import { normaliseText } from "@kismet/service-kit";

/** Addresses that differ in case only belong to one person at every provider that members use. */
export function normaliseEmail(email: string): string {
  return normaliseText(email).toLowerCase();
}
