import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { fileURLToPath } from "node:url";
import { type CountryResponse, Reader } from "maxmind";
import { placeInNet } from "./place-in-net.ts";

/** Where an address is, as far as it can be told: docs/adr/known-devices-and-places.md. */
export type Place = {
  /** Those who share a router, or a provider's block of addresses. */
  network: string;
  /** ISO 3166-1, `local` for a private network, null where nobody knows. */
  country: string | null;
};

export type Atlas = { placeOf(address: string): Place };

const file = "@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb";

/** The registries' own lists (public domain), 8 MB, read once: no address is told to anybody. */
export function createAtlas(): Atlas {
  const reader = new Reader<CountryResponse & { country_code?: string }>(
    readFileSync(fileURLToPath(import.meta.resolve(file))),
  );
  return {
    placeOf(address) {
      const network = placeInNet(address);
      if (network === "local") return { network, country: "local" };
      const found = isIPv6(address) || address.includes(".") ? reader.get(address) : null;
      const country = found?.country_code ?? found?.country?.iso_code;
      return { network, country: country !== undefined && /^[A-Z]{2}$/.test(country) ? country : null };
    },
  };
}
