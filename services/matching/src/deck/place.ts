import { cellToLatLng, cellToParent, degsToRads, greatCircleDistance, gridDisk } from "h3-js";
import type { Point } from "./distance.ts";

/** A coarse level of the H3 grid by which candidates are indexed. */
type Level = {
  resolution: number;
  /** The centres of two neighbours are nowhere nearer to each other than this ... */
  minSpacingKm: number;
  /** ... and the centres of a cell's descendants nowhere farther from its own. */
  maxRadiusKm: number;
};

// Measured over the globe (4.5 and 2.7, 12.2 and 9.7, 86 and 77 km), rounded to the safe side: cells vary with the projection.
export const localLevel: Level = { resolution: 6, minSpacingKm: 4.4, maxRadiusKm: 3.2 };
export const nearLevel: Level = { resolution: 5, minSpacingKm: 12, maxRadiusKm: 10.5 };
export const regionLevel: Level = { resolution: 3, minSpacingKm: 85, maxRadiusKm: 80 };

export type Place = Point & { cell: string; localCell: string; nearCell: string; regionCell: string };

export function placeOf(cell: string): Place {
  return {
    cell,
    localCell: cellToParent(cell, localLevel.resolution),
    nearCell: cellToParent(cell, nearLevel.resolution),
    regionCell: cellToParent(cell, regionLevel.resolution),
    ...centreOf(cell),
  };
}

/** Every coarse cell in which somebody within this distance of the cell's centre can be. */
export function cellsAround(cell: string, radiusKm: number, level: Level): string[] {
  const home = cellToParent(cell, level.resolution);
  const centre = cellToLatLng(cell);
  // Rings of hexagons are hexagons: their sides are nearer than their corners.
  const reachKm = radiusKm + level.maxRadiusKm;
  const rings = Math.ceil((reachKm + level.maxRadiusKm) / (level.minSpacingKm * Math.cos(Math.PI / 6)));
  return gridDisk(home, rings).filter(
    (coarse) => greatCircleDistance(centre, cellToLatLng(coarse), "km") <= reachKm,
  );
}

function centreOf(cell: string): Point {
  const [latitude = 0, longitude = 0] = cellToLatLng(cell).map(degsToRads);
  return {
    x: Math.cos(latitude) * Math.cos(longitude),
    y: Math.cos(latitude) * Math.sin(longitude),
    z: Math.sin(latitude),
  };
}
