import { randomUUID } from "node:crypto";
import type { Session } from "@kismet/contracts";
import { Unexpected } from "./expect.ts";
import type { Answer, Gateway } from "./gateway.ts";

/** Somebody with an address and, once signed in, a session. */
export class Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly birthDate: string;
  readonly gateway: Gateway;
  #session: Session | undefined;

  constructor(name: string, birthDate: string, gateway: Gateway) {
    this.name = name;
    // Another one at each telling, since an address is known for ever.
    this.email = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}@story.example`;
    this.password = `seven herons and ${randomUUID().slice(0, 13)}`;
    this.birthDate = birthDate;
    this.gateway = gateway;
  }

  get session(): Session {
    if (!this.#session) throw new Unexpected(`${this.name} to be signed in`, "nobody");
    return this.#session;
  }

  set session(session: Session) {
    this.#session = session;
  }

  get id(): string {
    return this.session.memberId;
  }

  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.gateway.ask(method, path, { token: this.session.accessToken, body, headers });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.ask("GET", path)).as<T>();
  }

  /** On a device of its own; the session is given, and not kept. */
  async logIn(device: string): Promise<Session> {
    const { email, password } = this;
    const answer = await this.gateway.ask("POST", "/v1/auth/login", {
      body: { email, password, device: { name: device } },
    });
    return answer.as<Session>();
  }
}
