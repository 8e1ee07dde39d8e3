#!/usr/bin/env node
// The published package runs its compiled modules; a checkout runs its sources, so that neither is ever stale.
import { existsSync } from 'node:fs';

// Whoever reads our output may have seen enough: `migrate-async --dry-run | head`.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const compiled = new URL('../dist/bin/program.js', import.meta.url);
const checkout = new URL('./program.ts', import.meta.url);

if (existsSync(checkout)) await import('./from-source.js');
const { main } = await import((existsSync(checkout) ? checkout : compiled).href);
process.exitCode = await main(process.argv.slice(2));
