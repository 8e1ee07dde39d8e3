export { annotateHandlers } from './annotate-handlers.ts';
export { type AsyncContextOptions, asyncContext, threadSensitiveContext } from './bridge/contexts.ts';
export { SynchronousOnlyOperation, ThreadTimeout } from './bridge/errors.ts';
export { configureThreads } from './bridge/gate.ts';
export { type MiddlewareOptions, ormMiddleware } from './bridge/middleware.ts';
export type { ThreadSettings } from './bridge/settings.ts';
export { type SyncToAsyncOptions, syncToAsync } from './bridge/sync-to-async.ts';
export { threadCounts } from './bridge/threads.ts';
export { type CrossingEvent, channels, type PoolEvent, type QueryEvent } from './instrumentation.ts';
