import { oneOf } from './shape.ts';

/** Where a request goes, as far as the source says. */
export type HostKind =
  /** This machine: a sidecar or a development default. */
  | 'loopback'
  /** Same organisation, by its name or by configuration. */
  | 'internal'
  | 'external'
  /** Only run time knows. */
  | 'unknown';

const loopback = /^(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal)$/i;
const privateAddress = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[?f[cd][0-9a-f]{2}:)/i;
// Suffixes that public DNS never serves, and the service names that clusters resolve.
const internalName =
  /\.(?:internal|local|localdomain|lan|corp|intra|intranet|svc|consul)(?:\.|$)|^[a-z0-9-]+$/i;

/** @param host name without port, or `undefined` when the source does not say */
export function hostKind(host: string | undefined, internalHosts: readonly string[] = []): HostKind {
  if (host === undefined || host.startsWith('«')) return 'unknown';
  if (oneOf(internalHosts)(host)) return 'internal';
  if (loopback.test(host)) return 'loopback';
  return privateAddress.test(host) || internalName.test(host) ? 'internal' : 'external';
}

/** The host of an absolute URL; `undefined` for a relative one or for what is no URL. */
export function hostOf(url: string): string | undefined {
  const [, host] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#]+)/i.exec(url) ?? [];
  return host?.toLowerCase();
}

/** Categories of hosts whose names give away what they do, for calls without an SDK. */
const knownHosts: readonly (readonly [pattern: RegExp, category: string, latency: string])[] = [
  [/(?:^|\.)(?:api\.)?(?:openai|anthropic|mistral|cohere|groq|perplexity|together)\.(?:com|ai|xyz)$/, 'llm', 'llm_chat'],
  [/(?:^|\.)generativelanguage\.googleapis\.com$/, 'llm', 'llm_chat'],
  [/(?:^|\.)(?:stripe|paypal|adyen|braintreegateway|mollie|razorpay|squareup)\.com$/, 'payment', 'payment'],
  [/(?:^|\.)(?:sendgrid|mailgun|postmarkapp|resend|mailjet|sparkpost)\.(?:com|net)$/, 'email', 'email_api'],
  [/(?:^|\.)(?:twilio|nexmo|vonage|plivo)\.com$/, 'sms', 'sms'],
  [/(?:^|\.)(?:algolia(?:net)?|typesense|meilisearch)\.(?:com|net|io)$/, 'search', 'search_saas'],
  [/(?:^|\.)(?:pinecone|qdrant|weaviate)\.(?:io|cloud)$/, 'vector', 'vector'],
  [/(?:^|\.)s3[.-][a-z0-9.-]*amazonaws\.com$|(?:^|\.)storage\.googleapis\.com$|\.blob\.core\.windows\.net$/, 'storage', 'object_store'],
  [/(?:^|\.)(?:auth0|okta|clerk|workos)\.(?:com|dev)$|(?:^|\.)login\.microsoftonline\.com$/, 'auth', 'auth_api'],
  [/(?:^|\.)(?:github|slack|hubspot|notion|linear|airtable|shopify|zendesk|intercom)\.(?:com|app|io)$/, 'external_api', 'saas_api'],
]; // biome-ignore format: one host family per line

/** What a public host is known for. */
export function categoryOfHost(
  host: string,
): { readonly category: string; readonly latency: string } | undefined {
  const found = knownHosts.find(([pattern]) => pattern.test(host));
  return found === undefined ? undefined : { category: found[1], latency: found[2] };
}
