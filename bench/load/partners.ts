import { type Latencies, startPartners } from '../../fixtures/apps/storefront/partners/stub.ts';

// The partners in a process of their own, so that what they cost is not the application's.
// Run as: partners.ts <latencies as JSON>
const stub = await startPartners({ latency: JSON.parse(process.argv[2] ?? '{}') as Latencies });
process.send?.({ url: stub.url });
process.once('disconnect', () => process.exit());
