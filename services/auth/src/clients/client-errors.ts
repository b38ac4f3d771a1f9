import { PublicError } from "@kismet/service-kit";

export class ClientNameTaken extends PublicError {
  constructor() {
    super("AUTH_CLIENT_NAME_TAKEN", 409, "There is a client of this name, or there was one.");
  }
}

export class ClientKeysExhausted extends PublicError {
  constructor() {
    super("AUTH_CLIENT_KEYS_EXHAUSTED", 409, "The client has two keys: revoke one before another is issued.");
  }
}

export class ClientRevoked extends PublicError {
  constructor() {
    super("AUTH_CLIENT_REVOKED", 409, "The client was revoked: register another one.");
  }
}

export class ClientsExhausted extends PublicError {
  constructor() {
    super("AUTH_CLIENTS_EXHAUSTED", 409, "No more clients can be registered.");
  }
}
