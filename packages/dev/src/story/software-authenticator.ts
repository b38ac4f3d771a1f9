import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from "@kismet/contracts";

type Kept = { id: string; rpId: string; userHandle: string; privateKey: KeyObject; counter: number };

/** How an assertion is to differ from a good one. */
export type Deviation = {
  origin?: string;
  rpId?: string;
  userVerified?: boolean;
  counter?: number;
  userHandle?: string;
  type?: string;
  credentialId?: string;
};

const flags = { present: 0x01, verified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };

/**
 * An authenticator and the browser before it, of one owner, without either: it makes keys (ES256) and signs with them
 * (Web Authentication Level 3, 6.1 and 6.5). Where no browser runs it shows that the interface is enough for an app.
 */
export class SoftwareAuthenticator {
  readonly origin: string;
  readonly kept: Kept[] = [];

  constructor(origin: string) {
    this.origin = origin;
  }

  create(options: PasskeyCreationOptions, deviation: Deviation = {}): PasskeyAttestation {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const id = randomBytes(32).toString("base64url");
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    const kept = { id, rpId: options.rp.id, userHandle: options.user.id, privateKey, counter: 0 };
    this.kept.push(kept);
    const coseKey = cborMap([
      [cborInteger(1), cborInteger(2)],
      [cborInteger(3), cborInteger(-7)],
      [cborInteger(-1), cborInteger(1)],
      [cborInteger(-2), cborBytes(Buffer.from(x, "base64url"))],
      [cborInteger(-3), cborBytes(Buffer.from(y, "base64url"))],
    ]);
    const idBytes = Buffer.from(id, "base64url");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(idBytes.length);
    const authenticatorData = Buffer.concat([
      authenticatorDataOf(deviation.rpId ?? kept.rpId, 0, flags.attested | verifiedBy(deviation)),
      Buffer.alloc(16),
      length,
      idBytes,
      coseKey,
    ]);
    const attestationObject = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(authenticatorData)],
    ]);
    return {
      id,
      rawId: id,
      type: "public-key",
      authenticatorAttachment: "platform",
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: this.#clientData("webauthn.create", options.challenge, deviation).toString(
          "base64url",
        ),
        attestationObject: attestationObject.toString("base64url"),
        transports: ["internal"],
      },
    };
  }

  /** By the key that was made last, or the one named. */
  get(options: PasskeyRequestOptions, deviation: Deviation = {}): PasskeyAssertion {
    const { credentialId } = deviation;
    const kept = credentialId ? this.kept.find(({ id }) => id === credentialId) : this.kept.at(-1);
    if (!kept) throw new Error("this authenticator holds no such passkey");
    kept.counter += 1;
    const { rpId = kept.rpId, counter = kept.counter, userHandle = kept.userHandle } = deviation;
    const authenticatorData = authenticatorDataOf(rpId, counter, verifiedBy(deviation));
    const clientData = this.#clientData("webauthn.get", options.challenge, deviation);
    const signed = Buffer.concat([authenticatorData, createHash("sha256").update(clientData).digest()]);
    return {
      id: kept.id,
      rawId: kept.id,
      type: "public-key",
      authenticatorAttachment: "platform",
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: authenticatorData.toString("base64url"),
        signature: sign("sha256", signed, kept.privateKey).toString("base64url"),
        userHandle,
      },
    };
  }

  #clientData(usual: string, challenge: string, { origin = this.origin, type = usual }: Deviation): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }
}

function verifiedBy({ userVerified = true }: Deviation): number {
  return flags.present | flags.backupEligible | flags.backedUp | (userVerified ? flags.verified : 0);
}

function authenticatorDataOf(rpId: string, counter: number, bits: number): Buffer {
  const rest = Buffer.alloc(5);
  rest.writeUInt8(bits, 0);
  rest.writeUInt32BE(counter, 1);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), rest]);
}

/** As much of CBOR (RFC 8949) as an attestation takes. */
function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
}

const cborInteger = (value: number) => (value >= 0 ? cborHead(0, value) : cborHead(1, -1 - value));
const cborBytes = (bytes: Buffer) => Buffer.concat([cborHead(2, bytes.length), bytes]);
const cborText = (text: string) => Buffer.concat([cborHead(3, Buffer.byteLength(text)), Buffer.from(text)]);
const cborMap = (entries: [Buffer, Buffer][]) =>
  Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
