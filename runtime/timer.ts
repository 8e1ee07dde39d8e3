/** Longest delay that Node's timers keep; a longer one would fire at once (Node.js documentation, `setTimeout`). */
const longestDelay = 2 ** 31 - 1;

/** Whether a wait of so many milliseconds never ends, as far as timers can tell. */
export function isEndless(milliseconds: number): boolean {
  return milliseconds > longestDelay;
}

/** As `setTimeout`, but a time without end (`Infinity`) never comes; `clearTimeout` takes what it returns. */
export function startTimer(act: () => void, milliseconds: number): NodeJS.Timeout | undefined {
  return isEndless(milliseconds) ? undefined : setTimeout(act, milliseconds);
}
