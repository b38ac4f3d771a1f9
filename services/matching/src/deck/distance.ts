import { distanceStepsKm } from "@kismet/contracts";

/** The centre of a cell on the unit sphere. */
export type Point = { x: number; y: number; z: number };

const earthRadiusKm = 6371.0088;

/** Square of the chord between antipodes: nobody is farther. */
export const anywhere = 4;

/**
 * Distances are compared as squares of chords of the unit sphere: they order as distances do, and the database can
 * compute them with three multiplications.
 */
export function chordSquared(a: Point, b: Point): number {
  const [x, y, z] = [a.x - b.x, a.y - b.y, a.z - b.z];
  // Products and not powers, in this order: the database rounds the same way.
  return x * x + y * y + z * z;
}

/** Inverse of the haversine formula. */
export function chordSquaredOfKm(km: number): number {
  return 4 * Math.sin(km / (2 * earthRadiusKm)) ** 2;
}

/** The step a preference for a distance is rounded up to; null (anywhere) has none. */
export function distanceStepOf(maxDistanceKm: number | null): number | null {
  if (maxDistanceKm === null) return null;
  return distanceStepsKm.find((stepKm) => maxDistanceKm <= stepKm) ?? null;
}

/**
 * How far a member wants to look. Works in the same steps in which distances are told: a finer limit would tell more
 * of where somebody is than the bucket does.
 */
export function reachOf(maxDistanceKm: number | null): number {
  const stepKm = distanceStepOf(maxDistanceKm);
  return stepKm === null ? anywhere : chordSquaredOfKm(stepKm);
}
