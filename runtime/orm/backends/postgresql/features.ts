import type { Features } from '../../connections/backend.ts';

export const postgresqlFeatures: Features = {
  nativeAsync: true,
  defersForeignKeys: true,
  supportsLocking: true,
  serverSideCursors: true,
  // The protocol counts parameters in 16 bits.
  maxParameters: 65_535,
};
