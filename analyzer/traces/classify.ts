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

// Each attribute by its stable name first, then by the older ones that are still written, those of OpenTracing and of
// Zipkin's own clients last.
const names = {
  method: ['http.request.method', 'http.method'],
  status: ['http.response.status_code', 'http.status_code'],
  route: ['http.route', 'next.route'],
  url: ['url.full', 'http.url'],
  path: ['url.path', 'http.target', 'http.path'],
  host: [
    'server.address',
    'net.peer.name',
    'http.host',
    'net.peer.ip',
    'network.peer.address',
    'net.sock.peer.addr',
    'peer.hostname',
    'peer.service',
  ],
  database: ['db.system.name', 'db.system', 'db.type'],
  summary: ['db.query.summary'],
  query: ['db.query.text', 'db.statement', 'sql.query', 'cassandra.query'],
  operation: ['db.operation.name', 'db.operation'],
  table: ['db.collection.name', 'db.sql.table', 'db.mongodb.collection', 'db.cassandra.table'],
  messaging: ['messaging.system'],
  rpc: ['rpc.system', 'rpc.service'],
  model: ['gen_ai.provider.name', 'gen_ai.system'],
  functionName: ['code.function.name', 'code.function'],
  functionFile: ['code.file.path', 'code.filepath'],
  functionLine: ['code.line.number', 'code.lineno'],
  controller: ['nestjs.controller'],
  callback: ['nestjs.callback'],
  procedure: ['trpc.path'],
  field: ['graphql.field.path'],
  graphqlOperation: ['graphql.operation.name'],
  modelOperation: ['gen_ai.operation.name'],
} as const;

export type AttributeName = keyof typeof names;

/** An attribute under whichever of its names it was written. */
export function attribute(span: Pick<Span, 'attributes'>, name: AttributeName): string | undefined {
  return text(span, ...names[name]);
}

/** Steps of an agent hold the calls it makes, and whatever its tools do. */
const agentSteps = /^(?:invoke_agent|create_agent|execute_tool|invoke_workflow)$/;

const caches = /^(?:redis|memcached|valkey|keydb|hazelcast|dragonfly)$/i;

/** What the span waits for; `other` when it is only a frame around spans that say more. */
export function classOf(span: Span, catalogue: Catalogue): SpanClass {
  if (span.attributes.get('migrate_async.bridge') !== undefined) return 'bridge';
  if (agentSteps.test(attribute(span, 'modelOperation') ?? '')) return 'other';
  if (attribute(span, 'model') !== undefined) return 'external';
  const database = attribute(span, 'database');
  if (database !== undefined) return caches.test(database) ? 'cache' : 'db';
  if (attribute(span, 'query') !== undefined || /^prisma:(?:engine|client):db_query$/.test(span.name))
    return 'db';
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

/** What the same query has in common, its values taken out: its summary, else its text, else what it does to what. */
export function queryOf(span: Span): string {
  const summary = attribute(span, 'summary');
  if (summary !== undefined) return summary;
  const query = attribute(span, 'query');
  if (query !== undefined) return withoutValues(query);
  const words = [attribute(span, 'operation'), attribute(span, 'table')].filter((word) => word !== undefined);
  return words.length === 0 ? span.name : words.join(' ');
}

function withoutValues(query: string): string {
  return query
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/(?<![\w$"])\d+(?:\.\d+)?\b/g, '?')
    .replace(/\$\d+|:\w+(?=[\s,)])/g, '?')
    .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?)')
    .replace(/\s+/g, ' ')
    .trim();
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
