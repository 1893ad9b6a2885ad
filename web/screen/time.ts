/** How the player knows and passes time; milliseconds. */
export type Time = {
  /** Rises evenly whatever is done to the computer's clock; epoch ms as that clock had it when the page was loaded. */
  now: () => number;
  /** The computer's clock, which people and NTP may set. */
  wall: () => number;
  sleep: (ms: number) => Promise<void>;
};

declare global {
  interface Window {
    /** A test's own time, in which an hour passes in seconds. */
    beckonTime?: Time;
  }
}

const REAL_TIME: Time = {
  now: () => performance.timeOrigin + performance.now(),
  wall: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export const time: Time = (location.hostname === 'localhost' && window.beckonTime) || REAL_TIME;

/** Does something for as long as the page is open; it answers how long to wait. What goes wrong is tried again. */
export async function forever(step: () => Promise<number>): Promise<never> {
  for (;;) {
    const waitMs = await step().catch((error: unknown) => {
      console.warn(error);
      return 1000;
    });
    await time.sleep(waitMs);
  }
}
