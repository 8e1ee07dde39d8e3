import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import {
  clientEntries,
  knownCategories,
  latencyClasses,
  latencyOf,
  latencySources,
  parseShape,
} from '../../../analyzer/catalogue/index.ts';

const folder = new URL('../../../analyzer/catalogue/', import.meta.url);

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

describe('the catalogue data', () => {
  it.each(['clients', 'latency'])('%s.json follows its schema', (name) => {
    const validate = new Ajv2020({ allErrors: true }).compile(read(`${name}.schema.json`) as object);
    validate(read(`${name}.json`));
    expect(validate.errors).toBeNull();
  });

  it('has only shapes that parse', () => {
    for (const { shapes } of clientEntries)
      for (const shape of shapes) expect(() => parseShape(shape)).not.toThrow();
  });

  it('names only latency classes and categories that exist', () => {
    for (const { package: name, category, latency, perCall = {} } of clientEntries) {
      expect(knownCategories, name).toContain(category);
      for (const used of [latency, ...Object.values(perCall)]) expect(latencyClasses, name).toContain(used);
    }
  });

  it('lists no package twice under one name', () => {
    const keys = clientEntries.map((entry) => `${entry.package} ${entry.name ?? ''}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('has a slower tail than median in every class, and says where each figure comes from', () => {
    const { classes } = read('latency.json') as {
      classes: Record<string, { sources: string[]; basis: string }>;
    };
    for (const name of latencyClasses) {
      const { p50, p95, why } = latencyOf(name);
      expect(p95, name).toBeGreaterThan(p50);
      expect(why).not.toBe('');
      for (const source of classes[name]?.sources ?? []) expect(latencySources).toHaveProperty(source);
      if (classes[name]?.basis === 'sourced') expect(classes[name].sources, name).not.toEqual([]);
    }
  });
});
