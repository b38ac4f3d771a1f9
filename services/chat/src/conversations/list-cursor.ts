import { ValidationFailed } from "@kismet/service-kit";
import type { ListPosition } from "./conversation-repository.ts";

const layout = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function cursorOf({ listedAt, id }: ListPosition): string {
  return Buffer.from(`${listedAt.getTime()}.${id}`).toString("base64url");
}

export function positionOf(cursor: string): ListPosition {
  const [, milliseconds, id] = layout.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (milliseconds === undefined || id === undefined) {
    throw new ValidationFailed("The cursor is not one that this list gave.", [
      { path: "query/cursor", message: "is unknown" },
    ]);
  }
  return { listedAt: new Date(Number(milliseconds)), id };
}
