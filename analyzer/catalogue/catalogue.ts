import type { ApiStep, ApiValue } from '../sources/index.ts';
import {
  type ClientEntry,
  clientEntries,
  type Latency,
  latencyOf,
  type Weight,
  weightOf,
} from './entries.ts';
import { categoryOfHost, type HostKind, hostKind } from './hosts.ts';
import {
  type CatalogueOverrides,
  type LatencyOverride,
  overriddenCalls,
  overriddenPackages,
} from './overrides.ts';
import { oneOf, parseShape, type ShapeMatcher } from './shape.ts';

/** What the catalogue says of one call. */
export interface ClientCall {
  /** Package, or the name of a global such as `fetch`. */
  readonly client: string;
  readonly category: string;
  readonly weight: Weight;
  /** Member path from the client, such as `charges.create`. */
  readonly operation: string;
  readonly latency: Latency;
  /** Whether the event loop goes on while the call waits. */
  readonly asyncNative: boolean;
  /** Whether the call stops the event loop. */
  readonly blocking: boolean;
  readonly streaming: boolean;
  /** Asks for one page after the other: as many calls as there are pages. */
  readonly paged: boolean;
  /** Only builds: the I/O happens where the result is awaited. */
  readonly lazy: boolean;
  readonly batching: boolean;
  readonly heuristic: boolean;
}

/** What the source says about where a request goes and how. */
export interface CallContext {
  /** Host, or `«expression»` where only run time knows it. */
  readonly host?: string;
  /** Whether the call asks for an answer in pieces, with `{ stream: true }`. */
  readonly streams?: boolean;
}

interface Indexed {
  readonly entry: ClientEntry;
  /** Parsed on first use: a project imports a handful of the packages. */
  readonly matchers: () => readonly ShapeMatcher[];
  readonly override: LatencyOverride | undefined;
}

/** The known I/O clients, with what the project says about its own. */
export class Catalogue {
  private readonly overrides: CatalogueOverrides;
  private readonly internalHosts: readonly string[];
  private readonly byPackage = new Map<string, Indexed[]>();
  /** Packages of one kind of name, such as every client of a cloud. */
  private readonly families: (Indexed & { readonly includes: (name: string) => boolean })[] = [];
  /** Exports of generated clients, with the package that generates them. */
  private readonly generated = new Map<string, string>();

  /**
   * @param overrides what the project knows better, by package, call shape and host
   * @throws ShapeError, RangeError when an override cannot be read
   */
  constructor(overrides: CatalogueOverrides = {}) {
    this.overrides = overrides;
    this.internalHosts = Object.entries(overrides.hosts ?? {})
      .filter(([, host]) => host.internal === true)
      .map(([name]) => name);
    for (const { entry, override } of overriddenCalls(overrides)) {
      entry.shapes.forEach(parseShape);
      this.add(entry, override);
    }
    for (const entry of clientEntries) this.add(entry, overrides.packages?.[entry.package]);
    for (const { entry, override } of overriddenPackages(overrides)) this.add(entry, override);
  }

  /** Whether any client of the package is known, so that an unmatched call of it is known not to do I/O. */
  knows(module: string): boolean {
    return this.candidates(module).length > 0;
  }

  /**
   * The client a call belongs to.
   * @param value what is called, ending in the `call` or `new` step of the call itself
   */
  match(value: ApiValue, context: CallContext = {}): ClientCall | undefined {
    const named = this.candidates(value.module);
    const candidates = named.length > 0 ? named : this.generatedAs(value.steps);
    const found = candidates.find(({ matchers }) => matchers().some((matches) => matches(value.steps)));
    return found && describe(found, value, context, this);
  }

  /** Whether the package does its I/O as a middleware, on every request. */
  isMiddleware(module: string): ClientEntry | undefined {
    return this.candidates(module).find(({ entry }) => entry.middleware === true)?.entry;
  }

  /** What the project says about a host, or about the expression that gives it. */
  hostOverride(host: string | undefined): (LatencyOverride & { readonly internal?: boolean }) | undefined {
    if (host === undefined) return undefined;
    const name = host.replace(/^«|»$/g, '');
    return Object.entries(this.overrides.hosts ?? {}).find(([pattern]) => oneOf([pattern])(name))?.[1];
  }

  hostKind(host: string | undefined): HostKind {
    if (this.hostOverride(host)?.internal === true) return 'internal';
    return hostKind(host, this.internalHosts);
  }

  private add(entry: ClientEntry, override: LatencyOverride | undefined): void {
    const indexed = { entry, override, matchers: once(() => entry.shapes.map(parseShape)) };
    if (entry.package.includes('*')) this.families.push({ ...indexed, includes: oneOf([entry.package]) });
    for (const name of entry.generated ?? []) this.generated.set(name, entry.package);
    const known = this.byPackage.get(entry.package);
    if (known === undefined) this.byPackage.set(entry.package, [indexed]);
    else known.push(indexed);
  }

  /** `new PrismaClient()` is Prisma's, though it comes from `../generated/prisma`, which need not be there. */
  private generatedAs([first]: readonly ApiStep[]): readonly Indexed[] {
    const name = first?.kind === 'member' ? this.generated.get(first.name) : undefined;
    return name === undefined ? [] : (this.byPackage.get(name) ?? []);
  }

  /** Clients of the module, or of the package it is a part of: `drizzle-orm/node-postgres` is `drizzle-orm`. */
  private candidates(module: string): readonly Indexed[] {
    const clean = module.replace(/^node:/, '');
    for (let name = clean; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('/')))) {
      const found = this.byPackage.get(name);
      if (found !== undefined) return found;
    }
    return this.families.filter(({ includes }) => includes(clean));
  }
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

function describe(
  { entry, override }: Indexed,
  { module, steps }: ApiValue,
  context: CallContext,
  catalogue: Catalogue,
): ClientCall | undefined {
  const members = steps.flatMap((step) =>
    step.kind === 'member' && step.name !== 'default' ? [step.name] : [],
  );
  const operation = members.join('.');
  if (matchesPart(entry.local, operation)) return undefined;
  const blocking = matchesPart(entry.blocking, operation);
  const host = settings(entry, context, catalogue);
  const chosen = { ...override, ...host.override };
  const category = chosen.category ?? host.category ?? entry.category;
  const latencyClass = host.latency ?? classOf(entry, operation);
  const computes = latencyClass === 'inproc' || latencyClass === 'buffered';
  const own = computes ? 'local' : weightOf(category);
  const weight = chosen.external === undefined ? own : chosen.external ? 'external' : 'shared';
  const streaming = streams(entry, members.at(-1) ?? '', context);
  return {
    client: entry.package.includes('*') ? module : (entry.name ?? entry.package),
    category,
    weight,
    operation,
    latency: configured(latencyOf(latencyClass), chosen),
    asyncNative: entry.async !== 'sync' && !blocking,
    blocking,
    streaming,
    paged: matchesPart(entry.paged, operation),
    lazy: entry.lazy === true,
    batching: entry.batching === true,
    heuristic: entry.heuristic === true,
  };
}

interface HostSettings {
  readonly override: LatencyOverride;
  readonly category?: string;
  readonly latency?: string;
}

/** What the host says of a plain HTTP call; an SDK's own entry says more than its host. */
function settings(entry: ClientEntry, { host }: CallContext, catalogue: Catalogue): HostSettings {
  const override = catalogue.hostOverride(host) ?? {};
  if (entry.category !== 'http_client' || host === undefined) return { override };
  switch (catalogue.hostKind(host)) {
    case 'loopback':
      return { override, latency: 'http_loopback' };
    case 'internal':
      return { override, latency: 'http_internal' };
    case 'external':
      return { override, ...categoryOfHost(host) };
    case 'unknown':
      return { override };
  }
}

function classOf(entry: ClientEntry, operation: string): string {
  for (const [part, latency] of Object.entries(entry.perCall ?? {})) {
    if (matchesPart([part], operation)) return latency;
  }
  return entry.latency;
}

function configured(prior: Latency, { p50, p95 }: LatencyOverride): Latency {
  if (p50 === undefined && p95 === undefined) return prior;
  // One figure given: keep the spread of the class round it.
  const spread = prior.p95 / prior.p50;
  const median = p50 ?? (p95 ?? prior.p95) / spread;
  return { p50: median, p95: p95 ?? median * spread, basis: 'configured', why: 'set in the configuration' };
}

function streams(entry: ClientEntry, member: string, { streams: asked = false }: CallContext): boolean {
  const rules = entry.streaming ?? [];
  const byMember = rules.filter((rule) => !rule.startsWith('option:'));
  return (asked && byMember.length < rules.length) || oneOf(byMember)(member);
}

/** Whether `parts` names a run of members inside `operation`: `images.*` is inside `images.generate`. */
function matchesPart(parts: readonly string[] | undefined, operation: string): boolean {
  return (parts ?? []).some((part) => {
    const escaped = part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*');
    return new RegExp(`(?:^|\\.)${escaped}(?:\\.|$)`).test(operation);
  });
}
