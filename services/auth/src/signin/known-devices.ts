import { randomBytes, randomUUIDv7 } from "node:crypto";
import { type Clock, normaliseText } from "@kismet/service-kit";
import { type Digests, isEqual } from "../secrets/digests.ts";
import { idOfToken } from "../secrets/id-of-token.ts";
import type { Reads, Tx } from "../storage.ts";
import type { Atlas, Place } from "./atlas.ts";
import type { Familiarity } from "./decide-sign-in.ts";
import {
  findDevice,
  insertDevice,
  recallPlaces,
  rememberPlaces,
  type StoredDevice,
  touchDevice,
} from "./devices-repository.ts";
import type { SignInDevice } from "./sign-in-device.ts";

type Deps = { clock: Clock; digests: Digests; atlas: Atlas };

/** What is known of where somebody signs in. */
export type Whereabouts = { familiarity: Familiarity; place: Place; device: StoredDevice | undefined };

/** The device that a token is of, whoever's it is. */
export async function deviceOfToken(
  reads: Reads,
  digests: Digests,
  token: string | undefined,
): Promise<StoredDevice | undefined> {
  const id = idOfToken(token ?? "");
  const found = id === undefined ? undefined : await findDevice(reads, id);
  return found && isEqual(found.tokenHash, digests.of("device token", token ?? "")) ? found : undefined;
}

/** Compares device and address with where the member was before. */
export async function recallWhereabouts(
  reads: Reads,
  { digests, atlas }: Deps,
  memberId: string,
  { token, knownId, address }: SignInDevice,
): Promise<Whereabouts> {
  const place = atlas.placeOf(address);
  const found = knownId ? await findDevice(reads, knownId) : await deviceOfToken(reads, digests, token);
  const device = found?.memberId === memberId ? found : undefined;
  const keys = placeKeys(digests, memberId, place);
  const { hasHistory, known } = await recallPlaces(reads, memberId, keys);
  const isKnown = (kind: string) =>
    keys.some((key) => key.kind === kind && known.has(`${kind} ${key.value}`));
  return {
    familiarity: {
      hasHistory,
      deviceKnown: device !== undefined,
      networkKnown: isKnown("network"),
      countryKnown: isKnown("country"),
    },
    place,
    device,
  };
}

/** From now on this is one of the member's devices, at one of the member's places; a new one gets its token. */
export async function rememberWhereabouts(
  tx: Tx,
  { clock, digests }: Deps,
  memberId: string,
  {
    device,
    place,
    name: given,
  }: { device: StoredDevice | undefined; place: Place; name: string | undefined },
): Promise<{ deviceId: string; deviceName: string | null; deviceToken?: string }> {
  const now = clock.now();
  const name = (given && normaliseText(given)) || null;
  await rememberPlaces(tx, memberId, placeKeys(digests, memberId, place), now);
  if (device) {
    await touchDevice(tx, device.id, { name, now });
    return { deviceId: device.id, deviceName: name ?? device.name };
  }
  const id = randomUUIDv7();
  const deviceToken = `${id}.${randomBytes(32).toString("base64url")}`;
  const tokenHash = digests.of("device token", deviceToken);
  await insertDevice(tx, { id, memberId, tokenHash, name, createdAt: now, lastUsedAt: now });
  return { deviceId: id, deviceName: name, deviceToken };
}

/** Whether the member has signed in at it before; none is known where a letter is from before they named one. */
export async function isOwnNetwork(
  reads: Reads,
  digests: Digests,
  memberId: string,
  network: string | undefined,
): Promise<boolean> {
  if (network === undefined) return false;
  const { known } = await recallPlaces(reads, memberId, [networkKey(digests, memberId, network)]);
  return known.size > 0;
}

function placeKeys(digests: Digests, memberId: string, { network, country }: Place) {
  return [networkKey(digests, memberId, network), { kind: "country" as const, value: country ?? "unknown" }];
}

/** It is kept as a hash that tells nothing of another member's. */
function networkKey(digests: Digests, memberId: string, network: string) {
  return { kind: "network" as const, value: digests.of("network", memberId, network) };
}
