import type { ClientEntry } from './entries.ts';

/** What a project says about a client, a call or a host that the catalogue does not know or knows wrongly. */
export interface LatencyOverride {
  /** Catalogue category, such as `payment`. */
  readonly category?: string;
  /** Milliseconds. */
  readonly p50?: number;
  /** Milliseconds. */
  readonly p95?: number;
  /** Overrides whether its waits count as external. */
  readonly external?: boolean;
}

/** Keys may hold `*`. Later kinds win over earlier ones: packages, then calls, then hosts. */
export interface CatalogueOverrides {
  /** By package, such as `@acme/ledger-client`. */
  readonly packages?: Readonly<Record<string, LatencyOverride>>;
  /** By call shape: `package:shape`, such as `@acme/ledger-client:new {Client}().**()`. */
  readonly calls?: Readonly<Record<string, LatencyOverride>>;
  /** By host, or by the expression that gives it, such as `api.partner.example` or `config.partners.tax`. */
  readonly hosts?: Readonly<Record<string, LatencyOverride & { readonly internal?: boolean }>>;
}

/** A call shape of the overrides, as a client of its own. */
export interface OverriddenCall {
  readonly entry: ClientEntry;
  readonly override: LatencyOverride;
}

/**
 * The call shapes of the overrides, ready to be indexed by package.
 * @throws RangeError when a key does not read `package:shape`
 */
export function overriddenCalls(overrides: CatalogueOverrides): readonly OverriddenCall[] {
  return Object.entries(overrides.calls ?? {}).map(([key, override]) => {
    // Neither scoped names nor shapes hold a colon of their own, `node:` in front excepted.
    const [, module, shape] = /^((?:node:)?[^:]+):(.+)$/.exec(key) ?? [];
    if (module === undefined || shape === undefined) {
      throw new RangeError(`Call override ${JSON.stringify(key)} must read "package:shape".`);
    }
    return { override, entry: configuredEntry(module.replace(/^node:/, ''), [shape.trim()], override) };
  });
}

/** Packages of the overrides: every call on what they export, unless the catalogue knows better shapes. */
export function overriddenPackages(overrides: CatalogueOverrides): readonly OverriddenCall[] {
  return Object.entries(overrides.packages ?? {}).map(([name, override]) => ({
    override,
    entry: configuredEntry(name, ['**()'], override),
  }));
}

function configuredEntry(name: string, shapes: readonly string[], override: LatencyOverride): ClientEntry {
  return {
    package: name,
    category: override.category ?? 'external_api',
    async: 'native',
    latency: 'saas_api',
    shapes,
  };
}
