import { recordAudit } from "@kismet/database";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { listSealedOtherwise, resealRow, sealedPlaces } from "./sealed-repository.ts";

const batch = 100;

/**
 * Seals anew, by the key of today, whatever another one sealed. Runs beside everything else: a row that has changed
 * meanwhile is left as it is, since whoever changed it sealed it by today's. A row that no key here opens keeps none
 * of the others; throws in the end if there was one.
 */
export async function rewrapSecrets({
  database,
  sealing,
}: {
  database: AuthDatabase;
  sealing: Sealing;
}): Promise<number> {
  let count = 0;
  const unopened: unknown[] = [];
  for (const place of sealedPlaces) {
    let after: string | undefined;
    for (;;) {
      const rows = await listSealedOtherwise(database.read, place, sealing.prefix, after, batch);
      for (const { id, sealed } of rows) {
        const anew = sealedAnew(sealing, sealed);
        if (anew instanceof Error) unopened.push(anew);
        else if (await resealRow(database.read, place, id, { sealed, anew })) count += 1;
      }
      after = rows.at(-1)?.id;
      if (rows.length < batch) break;
    }
  }
  if (count > 0) await recordAudit(database.read, { action: "auth.key.rewrap", details: { count } });
  if (unopened.length > 0)
    throw new Error(`${unopened.length} of what is sealed can't be opened here`, { cause: unopened[0] });
  return count;
}

function sealedAnew(sealing: Sealing, sealed: string): string | Error {
  try {
    return sealing.seal(sealing.open(sealed));
  } catch (error) {
    return error as Error;
  }
}
