import { PublicError } from "@kismet/service-kit";

/** The client gave an id a second time, to something else. */
export class MessageConflict extends PublicError {
  constructor() {
    super("CHAT_MESSAGE_CONFLICT", 409, "This clientMessageId has been used for another message.");
  }
}
