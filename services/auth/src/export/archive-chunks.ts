import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { AuthDatabase } from "../storage.ts";
import { findChunk, insertChunk } from "./exports-repository.ts";

/** Small enough for a few to be in memory, large enough to be few. */
const chunkBytes = 512 * 1_024;
const nonceLength = 12;
const tagLength = 16;

export type Place = { exportId: string; writer: string };

export function newArchiveKey(): string {
  return randomBytes(32).toString("base64");
}

/** Seals an archive piece by piece as it comes; gives its length. */
export async function writeChunks(
  database: AuthDatabase,
  place: Place,
  key: string,
  archive: AsyncIterable<Buffer>,
): Promise<number> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let byteCount = 0;
  let seq = 0;
  const flush = async () => {
    const sealed = seal(key, { ...place, seq }, Buffer.concat(held));
    await insertChunk(database.read, { ...place, seq, sealed });
    seq += 1;
    byteCount += heldBytes;
    held = [];
    heldBytes = 0;
  };
  for await (const piece of archive) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes >= chunkBytes) await flush();
  }
  if (heldBytes > 0) await flush();
  return byteCount;
}

/** The archive again, one piece at a time. Throws if a piece is missing: half an archive must not look like one. */
export async function* readChunks(
  database: AuthDatabase,
  place: Place,
  key: string,
  byteCount: number,
): AsyncGenerator<Buffer> {
  let read = 0;
  for (let seq = 0; read < byteCount; seq += 1) {
    const sealed = await findChunk(database.read, { ...place, seq });
    if (!sealed) throw new Error("a piece of the archive is gone");
    const piece = open(key, { ...place, seq }, sealed);
    read += piece.length;
    yield piece;
  }
}

type Position = Place & { seq: number };

/** Bound to its place: pieces can't change places with others. */
const boundTo = ({ exportId, writer, seq }: Position) => Buffer.from(`${exportId} ${writer} ${seq}`);

function seal(key: string, position: Position, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "base64"), nonce);
  cipher.setAAD(boundTo(position));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function open(key: string, position: Position, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(
    "aes-256-gcm",
    Buffer.from(key, "base64"),
    sealed.subarray(0, nonceLength),
    { authTagLength: tagLength },
  );
  decipher.setAAD(boundTo(position));
  decipher.setAuthTag(sealed.subarray(nonceLength, nonceLength + tagLength));
  return Buffer.concat([decipher.update(sealed.subarray(nonceLength + tagLength)), decipher.final()]);
}
