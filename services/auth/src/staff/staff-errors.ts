import { PublicError } from "@kismet/service-kit";

export class AddressTaken extends PublicError {
  constructor() {
    super(
      "AUTH_ADDRESS_TAKEN",
      409,
      "The address has an account, or somebody can still have it back: give that account a role (staff grant).",
    );
  }
}

export class MailboxBanned extends PublicError {
  constructor() {
    super(
      "AUTH_MAILBOX_BANNED",
      409,
      "An account with this mailbox was banned: lift that first (status lift).",
    );
  }
}
