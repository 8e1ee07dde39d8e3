/** Who takes part: one module and one line here each. */
export const contestants: readonly { readonly name: string; readonly module: string }[] = [
  { name: 'pg', module: './contestants/pg.js' },
  { name: 'pg unnamed', module: './contestants/pg-unnamed.js' },
  { name: 'migrate-async', module: './contestants/native.js' },
];
