import type { CDPSession, Page, Protocol } from "puppeteer-core";

type Credential = Protocol.WebAuthn.Credential;

/** A passkey device of a page: of the platform, with resident keys, whose owner proves to be it at once. */
export type VirtualAuthenticator = {
  /** Whether the next ceremonies find their owner (finger, face, PIN). */
  setUserVerified(verified: boolean): Promise<void>;
  /** With their private keys: what a thief of the device would have. */
  credentials(): Promise<Credential[]>;
  addCredential(credential: Credential): Promise<void>;
  removeCredential(credentialId: string): Promise<void>;
  /** The page has no such device any more. */
  remove(): Promise<void>;
};

export async function addAuthenticator(
  page: Page,
  { userVerified = true }: { userVerified?: boolean } = {},
): Promise<VirtualAuthenticator> {
  const session: CDPSession = await page.createCDPSession();
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: userVerified,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  });
  return {
    async setUserVerified(isUserVerified) {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    async credentials() {
      return (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
    },
    async addCredential(credential) {
      await session.send("WebAuthn.addCredential", { authenticatorId, credential });
    },
    async removeCredential(credentialId) {
      await session.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
    },
    async remove() {
      await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    },
  };
}
