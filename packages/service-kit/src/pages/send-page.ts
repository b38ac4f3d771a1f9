import type { FastifyReply, FastifyRequest } from "fastify";
import { type Reader, readerOf, readerOfHeader } from "./languages.ts";
import { pageHeaders, scriptedPageHeaders } from "./page-layout.ts";

/** Whether people open the address of this request, and read what it answers. */
export function isForPeople(request: FastifyRequest): boolean {
  return request.policy?.page === true;
}

/** By `?lang=`, which the links of mails carry, else by what the browser asks for. */
export function readerOfRequest(request: FastifyRequest): Reader {
  const given = new URLSearchParams(request.url.split("?", 2)[1]).get("lang");
  return given === null ? readerOfHeader(request.headers["accept-language"]) : readerOf(given);
}

/** With `scripted`, one that runs scripts of ours, which ask of us only. */
export function sendPage(
  reply: FastifyReply,
  status: number,
  page: string,
  { scripted = false } = {},
): FastifyReply {
  return reply
    .code(status)
    .headers(scripted ? scriptedPageHeaders : pageHeaders)
    .type("text/html; charset=utf-8")
    .send(page);
}
