/** A transform, as `list` and the documentation name it. */
export interface TransformInfo {
  readonly name: string;
  readonly description: string;
  /** Runs only when it is asked for by name. */
  readonly optIn: boolean;
}

/** Every transform, each a module of this folder that the stock jscodeshift runner takes as well. */
export const transforms: readonly TransformInfo[] = [
  { name: 'native-orm', description: 'bridges become the native twins of what they wrap', optIn: false },
  {
    name: 'async-twin',
    description: 'project functions behind bridges get an async twin; native-orm does so too',
    optIn: false,
  },
  { name: 'select-related', description: 'queries load the relations that async code reads', optIn: true },
  {
    name: 'parallel-awaits',
    description: 'independent reads of other services run at the same time',
    optIn: true,
  },
  {
    name: 'node-promisify',
    description: 'promisified functions of Node become the native ones',
    optIn: true,
  },
];
