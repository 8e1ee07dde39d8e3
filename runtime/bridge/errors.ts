/** Sync work was about to block while async code was running. */
export class SynchronousOnlyOperation extends Error {
  override name = 'SynchronousOnlyOperation';

  constructor(
    message = 'You cannot call this from an async context - use a thread or syncToAsync, or the a-prefixed twin.',
  ) {
    super(message);
  }
}

/** No bridge thread became free in time; the message gives the state. */
export class ThreadTimeout extends Error {
  override name = 'ThreadTimeout';
}
