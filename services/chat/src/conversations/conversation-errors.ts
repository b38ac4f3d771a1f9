import { PublicError } from "@kismet/service-kit";

/** Not there, not yet, not any more, hidden, or somebody else's: the asker can't tell which. */
export class ConversationNotFound extends PublicError {
  constructor() {
    super("CHAT_CONVERSATION_NOT_FOUND", 404, "There is no such conversation, or it is not open yet.");
  }
}
