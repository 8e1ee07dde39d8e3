/** Who takes part: one module and one line here each. */
export const contestants: readonly { readonly name: string; readonly module: string }[] = [
  { name: 'pg', module: './contestants/pg.ts' },
  { name: 'pg unnamed', module: './contestants/pg-unnamed.ts' },
  { name: 'migrate-async', module: './contestants/native.ts' },
];
