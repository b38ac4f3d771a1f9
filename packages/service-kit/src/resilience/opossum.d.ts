/** The part of opossum 10 that the kit uses; the package brings no types. */
declare module "opossum" {
  import type { EventEmitter } from "node:events";

  type Options = {
    name: string;
    timeout: number | false;
    errorThresholdPercentage: number;
    volumeThreshold: number;
    resetTimeout: number;
    rollingCountTimeout: number;
    rollingPercentilesEnabled: boolean;
    enableSnapshots: boolean;
    errorFilter: (error: unknown) => boolean;
  };

  export default class CircuitBreaker<A extends unknown[], R> extends EventEmitter {
    constructor(action: (...args: A) => Promise<R>, options: Options);
    fire(...args: A): Promise<R>;
    shutdown(): void;
    readonly opened: boolean;
    readonly halfOpen: boolean;
  }
}
