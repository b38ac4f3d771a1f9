import type { DealBreakers, Preferences } from "@kismet/contracts";
import { ValidationFailed } from "@kismet/service-kit";

/** Ranges must not be empty; deal-breakers that name nothing are none. */
export function decidePreferences({ dealBreakers, ...wanted }: Preferences): Preferences {
  if (wanted.minAge > wanted.maxAge) throw emptyRange("maxAge", "minAge");
  if (!dealBreakers || Object.keys(dealBreakers).length === 0) return wanted;
  checkHeights(dealBreakers);
  return { ...wanted, dealBreakers };
}

function checkHeights({ minHeightCm = 0, maxHeightCm = Infinity }: DealBreakers): void {
  if (minHeightCm > maxHeightCm) throw emptyRange("dealBreakers/maxHeightCm", "minHeightCm");
}

function emptyRange(path: string, lower: string): ValidationFailed {
  return new ValidationFailed("The preferences leave nobody to be found.", [
    { path: `body/${path}`, message: `must not be less than ${lower}` },
  ]);
}
