import { PublicError } from "@kismet/service-kit";

export class SelfBlock extends PublicError {
  constructor() {
    super("PROFILE_SELF_BLOCK", 400, "Nobody can block themselves.");
  }
}

export class TooManyBlocks extends PublicError {
  constructor() {
    super("PROFILE_BLOCKS_EXHAUSTED", 409, "No more members can be blocked.");
  }
}
