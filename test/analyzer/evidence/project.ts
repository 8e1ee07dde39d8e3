import type { Analysis, Endpoint } from '../../../analyzer/analysis.ts';
import { type AnalysisOptions, analyze, type ExaminedEndpoint, examine } from '../../../analyzer/analyze.ts';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import { discoverHandlers } from '../../../analyzer/handlers/index.ts';
import { Evaluator, type SourceFile, Sources } from '../../../analyzer/sources/index.ts';
import { siteMatcher } from '../../../transforms/index.ts';

/** A project in memory: text by path. */
export type Files = Readonly<Record<string, string>>;

/** @param kept takes the files that were parsed, by path */
export function inputOf(
  files: Files,
  options: AnalysisOptions = {},
  kept: Map<string, SourceFile> = new Map(),
) {
  const paths = Object.keys(files).filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  const list = { root: '/project', files: paths.sort(), manifests: [], skipped: [], repository: false };
  const sources = new Sources(list, new Map(Object.entries(files)), kept);
  const evaluator = new Evaluator(sources);
  return {
    sources,
    evaluator,
    discovery: discoverHandlers(sources, evaluator),
    bridges: (file: SourceFile) => findBridges(file, evaluator),
    matcher: siteMatcher(evaluator),
    options: {
      draws: { requests: 200, worlds: 20 },
      template: (view: string) => files[`views/${view}`],
      ...options,
    },
  };
}

export function analysed(files: Files, options: AnalysisOptions = {}): Analysis {
  return analyze(inputOf(files, options));
}

export function examined(
  files: Files,
  options: AnalysisOptions = {},
  kept?: Map<string, SourceFile>,
): readonly ExaminedEndpoint[] {
  return examine(inputOf(files, options, kept)).endpoints;
}

/** Models that the tests share: a post has an author, an author a country, a post many comments. */
export const models = `
  import { fields, foreignKey, Manager, model, oneToOne, reverse } from '@migrate-async/runtime/orm';
  export class Country extends model('country', { name: fields.text() }) { static objects = new Manager(this); }
  export class Author extends model('author', {
    name: fields.text(),
    country: foreignKey<Country>(() => Country),
    posts: reverse<Post, 'author'>(() => Post),
  }) { static objects = new Manager(this); }
  export class Post extends model('post', {
    title: fields.text(),
    author: foreignKey<Author>(() => Author),
    editor: foreignKey<Author>(() => Author).null(),
    comments: reverse<Comment, 'post'>(() => Comment),
  }) { static objects = new Manager(this); }
  export class Comment extends model('comment', { post: foreignKey<Post>(() => Post) }) { static objects = new Manager(this); }
`;

/** An application with one handler, `GET /`, whose body is given. */
export function application(body: string, more: Files = {}, head = ''): Files {
  return {
    'models.ts': models,
    'app.ts': `
      import express from 'express';
      import { syncToAsync } from '@migrate-async/runtime';
      import { transaction } from '@migrate-async/runtime/orm';
      import { Author, Comment, Post } from './models.ts';
      ${head}
      const app = express();
      app.get('/', handler);
      async function handler(req, res) {
        ${body}
      }
      app.listen(3000);
    `,
    ...more,
  };
}

/** The endpoint of an `application`. */
export function endpointOf(files: Files, options: AnalysisOptions = {}): Endpoint {
  return only(examined(files, options)).endpoint;
}

export function examinedOf(files: Files, options: AnalysisOptions = {}): ExaminedEndpoint {
  return only(examined(files, options));
}

function only(endpoints: readonly ExaminedEndpoint[]): ExaminedEndpoint {
  const [first, ...more] = endpoints;
  if (first === undefined || more.length > 0)
    throw new Error(`Expected one endpoint, found ${endpoints.length}.`);
  return first;
}
