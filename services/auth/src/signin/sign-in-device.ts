import type { Device } from "@kismet/contracts";
import { normaliseText } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";

/** From where somebody signs in: what the client says of its device, and the address that the gateway saw. */
export type SignInDevice = {
  name?: string | undefined;
  token?: string | undefined;
  /** Of a device whose token was seen before, when the sign-in began. */
  knownId?: string | null;
  address: string;
};

export function deviceOf(
  { ip }: Pick<FastifyRequest, "ip">,
  { name, token }: Static<typeof Device> = {},
): SignInDevice {
  // Postgres takes no NUL, and nobody wants to read a name that turns the line around.
  return { name: (name && normaliseText(name)) || undefined, token, address: ip };
}
