import { createHmac, timingSafeEqual } from "node:crypto";

const signaturePattern = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

/** HMAC-SHA256 over the time and the very bytes of the body, so that neither can be changed without the other. */
export function signBody(secret: string, rawBody: string | Buffer, at: Date): string {
  const seconds = String(Math.floor(at.getTime() / 1_000));
  return `t=${seconds},v1=${macOf(secret, seconds, rawBody).toString("hex")}`;
}

/** Why a signature is not good now; undefined if it is. Clocks may differ by the tolerance, to either side. */
export function signatureFault(
  signature: unknown,
  {
    secret,
    rawBody,
    now,
    toleranceSeconds,
  }: {
    secret: string;
    rawBody: Buffer;
    now: Date;
    toleranceSeconds: number;
  },
): string | undefined {
  const [, seconds, mac] = (typeof signature === "string" && signaturePattern.exec(signature)) || [];
  if (seconds === undefined || mac === undefined) return "no signature";
  // The signature first: of a forgery nothing else is worth looking at.
  if (!timingSafeEqual(Buffer.from(mac, "hex"), macOf(secret, seconds, rawBody))) return "wrong signature";
  const ageSeconds = now.getTime() / 1_000 - Number(seconds);
  if (ageSeconds > toleranceSeconds) return "too old";
  if (ageSeconds < -toleranceSeconds) return "from the future";
  return undefined;
}

function macOf(secret: string, seconds: string, rawBody: string | Buffer): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.`).update(rawBody).digest();
}
