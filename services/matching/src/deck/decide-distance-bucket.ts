import { type DistanceBucket, distanceBuckets, distanceStepsKm } from "@kismet/contracts";
import { chordSquared, chordSquaredOfKm, type Point } from "./distance.ts";

const bounds = distanceStepsKm.map(chordSquaredOfKm);

/**
 * The bucket of a distance between the centres of two cells. Since nothing finer than a cell goes in, somebody who
 * moves about and watches the answers learns at most the cell of the other.
 */
export function decideDistanceBucket(a: Point, b: Point): DistanceBucket {
  const distance = chordSquared(a, b);
  const step = bounds.findIndex((bound) => distance <= bound);
  const bucket = distanceBuckets.at(step);
  if (!bucket) throw new Error("there is one bucket more than there are steps");
  return bucket;
}
