import { type Catalogue, categoryOfHost, weightOf } from '../catalogue/index.ts';
import { type Span, text } from './span.ts';

/** What a span waits for. */
export type SpanClass =
  | 'external'
  | 'internal-http'
  /** A service that the project says not to count as external. */
  | 'shared'
  | 'db'
  | 'cache'
  | 'queue'
  | 'bridge'
  | 'other';

// Each attribute by its stable name first, then by the older ones that are still written.
const names = {
  method: ['http.request.method', 'http.method'],
  status: ['http.response.status_code', 'http.status_code'],
  route: ['http.route', 'next.route'],
  url: ['url.full', 'http.url'],
  path: ['url.path', 'http.target'],
  host: [
    'server.address',
    'net.peer.name',
    'http.host',
    'net.peer.ip',
    'network.peer.address',
    'net.sock.peer.addr',
  ],
  database: ['db.system.name', 'db.system'],
  query: ['db.query.summary', 'db.query.text', 'db.statement', 'db.operation.name', 'db.operation'],
  messaging: ['messaging.system'],
  rpc: ['rpc.system', 'rpc.service'],
  model: ['gen_ai.provider.name', 'gen_ai.system'],
  functionName: ['code.function.name', 'code.function'],
  functionFile: ['code.file.path', 'code.filepath'],
  functionLine: ['code.line.number', 'code.lineno'],
  controller: ['nestjs.controller'],
  callback: ['nestjs.callback'],
  procedure: ['trpc.path', 'graphql.operation.name'],
} as const;

export type AttributeName = keyof typeof names;

/** An attribute under whichever of its names it was written. */
export function attribute(span: Pick<Span, 'attributes'>, name: AttributeName): string | undefined {
  return text(span, ...names[name]);
}

const caches = /^(?:redis|memcached|valkey|keydb|hazelcast|dragonfly)$/i;

/** What the span waits for; `other` when it is only a frame around spans that say more. */
export function classOf(span: Span, catalogue: Catalogue): SpanClass {
  if (span.attributes.get('migrate_async.bridge') !== undefined) return 'bridge';
  if (attribute(span, 'model') !== undefined) return 'external';
  const database = attribute(span, 'database');
  if (database !== undefined) return caches.test(database) ? 'cache' : 'db';
  if (/^prisma:engine:db_query$/.test(span.name)) return 'db';
  if (attribute(span, 'messaging') !== undefined) return 'queue';
  if (span.kind !== 'client') return span.kind === 'producer' ? 'queue' : 'other';
  const host = hostOfSpan(span);
  const chosen = catalogue.hostOverride(host);
  if (chosen?.external === false) return 'shared';
  const kind = catalogue.hostKind(host);
  if (chosen?.external !== true && (kind === 'internal' || kind === 'loopback')) return 'internal-http';
  const category = host === undefined ? undefined : (chosen?.category ?? categoryOfHost(host)?.category);
  return category !== undefined && weightOf(category) === 'database' ? 'db' : 'external';
}

/** Where a client span went, without its port. */
export function hostOfSpan(span: Span): string | undefined {
  const url = attribute(span, 'url');
  const fromUrl =
    url === undefined
      ? undefined
      : /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#]+)/i.exec(url)?.[1];
  return (attribute(span, 'host') ?? fromUrl)?.replace(/:\d+$/, '').toLowerCase();
}
