import { closeCodes } from "@kismet/contracts";
import type { TokenVerifier } from "@kismet/service-kit";
import type { ChatSocket } from "./chat-socket.ts";
import type { MemberFeeds } from "./member-feeds.ts";

/** Holds a socket to what has become of its session and account since the token was signed. */
export function createRevocationCheck(verifier: TokenVerifier): (socket: ChatSocket) => void {
  return (socket) => {
    const { member, issuedAt, kid } = socket.credential;
    // As with a token that is refused: the client refreshes its own, and comes back.
    if (verifier.revocations.isKeyRevoked(kid)) return socket.end(closeCodes.sessionEnded, "token withdrawn");
    try {
      const { status } = verifier.revocations.apply(member, issuedAt);
      if (status !== "active") socket.end(closeCodes.accountNotActive, "account not active");
    } catch {
      // The only thing that it throws: the session has ended.
      socket.end(closeCodes.sessionEnded, "session ended");
    }
  };
}

export function closeRevokedSockets(
  verifier: TokenVerifier,
  feeds: MemberFeeds,
  closeIfRevoked: (socket: ChatSocket) => void,
): void {
  verifier.revocations.onRevoked(({ memberId }) => {
    for (const socket of feeds.socketsOf(memberId)) closeIfRevoked(socket);
  });
  verifier.revocations.onKeyRevoked(() => {
    for (const socket of feeds.sockets) closeIfRevoked(socket);
  });
}
