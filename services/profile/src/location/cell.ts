import { cellToLatLng, greatCircleDistance, latLngToCell } from "h3-js";

/** About 5 km² each: small enough for a city's distances, large enough for thousands of people. */
const resolution = 7;

export type Coordinates = { latitude: number; longitude: number };

export function cellOf({ latitude, longitude }: Coordinates): string {
  return latLngToCell(latitude, longitude, resolution);
}

/** Between the centres. */
export function distanceKmBetween(one: string, other: string): number {
  return greatCircleDistance(cellToLatLng(one), cellToLatLng(other), "km");
}
