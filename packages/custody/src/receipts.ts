import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import { ErasureStatement, type ErasureReceipt } from "@kismet/contracts";
import { Compile } from "typebox/compile";

export type ReceiptSigner = {
  /** Public, base64url (RFC 8037's x). */
  key: string;
  sign(statement: ErasureStatement): ErasureReceipt;
};

/** PKCS #8 of an Ed25519 key, up to the seed (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Each service signs for itself, with a key that is derived from its own secret: none can sign for another, and whoever
 * has all receipts can't have written them.
 */
export function createReceiptSigner(service: string, secret: string): ReceiptSigner {
  const seed = Buffer.from(hkdfSync("sha256", secret, "", `kismet receipts of ${service}`, 32));
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: "der",
    type: "pkcs8",
  });
  const key = createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
  return {
    key,
    sign(statement) {
      const text = JSON.stringify(statement);
      return {
        statement: text,
        key,
        signature: sign(null, Buffer.from(text), privateKey).toString("base64url"),
      };
    },
  };
}

const statements = Compile(ErasureStatement);

/** What a receipt says, if it was signed with the key that it names; undefined if not. Whose key that is, the caller knows. */
export function readReceipt({ statement, key, signature }: ErasureReceipt): ErasureStatement | undefined {
  if (!verify(null, Buffer.from(statement), publicKeyOf(key), Buffer.from(signature, "base64url")))
    return undefined;
  const read: unknown = JSON.parse(statement);
  return statements.Check(read) ? read : undefined;
}

function publicKeyOf(x: string): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
