import { connect } from './frameworks/connect.ts';
import { decorated } from './frameworks/decorated.ts';
import { express } from './frameworks/express.ts';
import { fastify } from './frameworks/fastify.ts';
import { findMyWay } from './frameworks/find-my-way.ts';
import { generated } from './frameworks/generated.ts';
import { hono } from './frameworks/hono.ts';
import { koa } from './frameworks/koa.ts';
import { nest } from './frameworks/nest.ts';
import { next } from './frameworks/next.ts';
import { nodeHttp } from './frameworks/node-http.ts';
import { orpc } from './frameworks/orpc.ts';
import { trpc } from './frameworks/trpc.ts';
import { tsRest } from './frameworks/ts-rest.ts';
import type { Framework } from './handler.ts';

/** Every framework whose handlers can be found. */
export const frameworks: readonly Framework[] = [
  express,
  fastify,
  hono,
  koa,
  nest,
  next,
  nodeHttp,
  findMyWay,
  trpc,
  tsRest,
  orpc,
  connect,
  decorated,
  generated,
];
