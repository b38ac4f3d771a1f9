import type { Clock } from "@kismet/service-kit";

/** The real time, and what the test has moved it by. */
export class MovedClock implements Clock {
  #movedMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#movedMs);
  }

  moveTo(moment: Date): void {
    this.#movedMs = moment.getTime() - Date.now();
  }

  move(ms: number): void {
    this.#movedMs += ms;
  }
}
