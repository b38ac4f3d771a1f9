import { recordAudit } from "@kismet/database";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { listSealedOtherwise, resealRow, sealedPlaces } from "./sealed-repository.ts";

const batch = 100;

/**
 * Seals anew, by the key of today, whatever another one sealed. Runs beside everything else: a row that has changed
 * meanwhile is left as it is, since whoever changed it sealed it by today's.
 */
export async function rewrapSecrets({
  database,
  sealing,
}: {
  database: AuthDatabase;
  sealing: Sealing;
}): Promise<number> {
  let count = 0;
  for (const place of sealedPlaces) {
    let after: string | undefined;
    for (;;) {
      const rows = await listSealedOtherwise(database.read, place, sealing.prefix, after, batch);
      for (const { id, sealed } of rows)
        if (await resealRow(database.read, place, id, { sealed, anew: sealing.seal(sealing.open(sealed)) }))
          count += 1;
      after = rows.at(-1)?.id;
      if (rows.length < batch) break;
    }
  }
  if (count > 0) await recordAudit(database.read, { action: "auth.key.rewrap", details: { count } });
  return count;
}
