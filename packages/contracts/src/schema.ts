import {
  Type,
  type Static,
  type TEnum,
  type TObject,
  type TObjectOptions,
  type TProperties,
  type TSchema,
} from "typebox";

/** An object that refuses fields it does not name. Every body, query, request and event is built from it. */
export function strict<P extends TProperties>(properties: P, options: TObjectOptions = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** Any version of UUID is accepted; the ones made here are version 7, so that they sort by time. */
export const Uuid = Type.String({ format: "uuid", maxLength: 36 });

/** RFC 3339, UTC. */
export const Timestamp = Type.String({ format: "date-time", maxLength: 35 });

/** A calendar day, `2026-11-24`. */
export const Day = Type.String({ format: "date", maxLength: 10 });

/** BCP 47, `de-CH`. */
export const LanguageTag = Type.String({ pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", maxLength: 35 });

/** Opaque: what a list gave as `nextCursor`. */
export const Cursor = Type.String({ minLength: 1, maxLength: 512, pattern: "^[A-Za-z0-9_-]+$" });

/** IANA name of a time zone; whether it exists is checked where it is stored. */
export const TimeZone = Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_+/-]+$" });

/** Amount in minor units with its currency (ISO 4217). */
export const Money = strict({
  amount: Type.Integer({ minimum: -1_000_000_000, maximum: 1_000_000_000 }),
  currency: Type.String({ pattern: "^[A-Z]{3}$", maxLength: 3 }),
});

export const maxPageSize = 100;

/** `?limit=&cursor=` of a list. */
export const PageQuery = strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPageSize, default: 20 })),
  cursor: Type.Optional(Cursor),
});

/** `{ items, nextCursor }`; `nextCursor` is null on the last page. */
export function page<T extends TSchema>(item: T) {
  return strict({
    items: Type.Array(item, { maxItems: maxPageSize }),
    nextCursor: Type.Union([Cursor, Type.Null()]),
  });
}

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** One of the strings named. */
export function literals<const T extends readonly string[]>(values: T): TEnum<[...T]> {
  return Type.Enum<[...T]>([...values]);
}

/** Body of an answer without one (204). */
export const Empty = Type.Null();

/** RFC 9457 problem details, the only shape of an error over HTTP. */
export const Problem = strict({
  type: Type.String({ maxLength: 200 }),
  title: Type.String({ maxLength: 200 }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ maxLength: 1_000 }),
  code: Type.String({ pattern: "^[A-Z][A-Z0-9_]*$", maxLength: 64 }),
  requestId: Type.String({ maxLength: 64 }),
  errors: Type.Optional(
    Type.Array(strict({ path: Type.String({ maxLength: 500 }), message: Type.String({ maxLength: 500 }) }), {
      maxItems: 50,
    }),
  ),
  /** Of a refusal for want of fresh authentication: by what it can be had. */
  kinds: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 8 })),
});
export type Problem = Static<typeof Problem>;
