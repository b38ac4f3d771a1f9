import { ClientFrame, type ClientFrameType } from "@kismet/contracts";
import { isDeeperThan, maxBodyDepth, validationFailed } from "@kismet/service-kit";
import { Compile } from "typebox/compile";
import { FrameMalformed, FrameUnknown } from "./frame-errors.ts";

/** Room for the longest message with every character escaped. */
export const maxFrameBytes = 32 * 1024;

const validators = {
  send: Compile(ClientFrame.send),
  read: Compile(ClientFrame.read),
  typing: Compile(ClientFrame.typing),
  resume: Compile(ClientFrame.resume),
  ping: Compile(ClientFrame.ping),
};

/** Any JSON object that is not too deep. */
export function parseFrame(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameMalformed("The frame is no JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FrameMalformed("A frame is a JSON object.");
  }
  if (isDeeperThan(value, maxBodyDepth)) throw new FrameMalformed("The frame is nested too deeply.");
  return value as Record<string, unknown>;
}

/** Held to the schema of its type, which is made of the same parts as those of HTTP. */
export function checkFrame(value: Record<string, unknown>): ClientFrame {
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(validators, type)) throw new FrameUnknown();
  const validator = validators[type as ClientFrameType];
  if (!validator.Check(value)) throw validationFailed(validator.Errors(value), "frame");
  return value;
}

/** By which the client recognises the answer, even to a frame that is wrong otherwise. */
export function refOf(value: Record<string, unknown> | undefined): { ref?: string } {
  const ref = value?.["ref"];
  return typeof ref === "string" && ref.length >= 1 && ref.length <= 64 ? { ref } : {};
}
