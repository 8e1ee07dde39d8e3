import pc from 'picocolors';
import type { Explanation } from '../analyzer/evidence/index.ts';
import type { SiteExplanation } from '../transforms/index.ts';
import type { TerminalOptions } from './style.ts';

/** The reasoning about a handler as a tree, one line per fact, with where each can be checked. */
export function explanationText(explanation: Explanation, options: TerminalOptions): string {
  const palette = pc.createColors(options.color);
  const place = ({ location }: Explanation) =>
    location === undefined ? '' : palette.dim(`  ${options.displayPath(location.file)}:${location.line}`);
  const target = ({ leadsTo }: Explanation) =>
    leadsTo === undefined ? '' : ` (${options.displayPath(leadsTo.file)}:${leadsTo.line})`;
  const lines = [palette.bold(explanation.text) + place(explanation)];
  const descend = (children: readonly Explanation[], indent: string): void => {
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      lines.push(`${indent}${last ? '└─ ' : '├─ '}${child.text}${target(child)}${place(child)}`);
      descend(child.children, indent + (last ? '   ' : '│  '));
    });
  };
  descend(explanation.children, '');
  return `${lines.join('\n')}\n`;
}

/** Which case a bridge is, how what it is called on was proven, and what would be written. */
export function siteExplanationText(
  { site, before, after, together, proofs, typesUnavailable }: SiteExplanation,
  options: TerminalOptions,
): string {
  const palette = pc.createColors(options.color);
  const { outcome } = site;
  const place = `${options.displayPath(site.file)}:${site.line}:${site.column}`;
  const verdict =
    outcome.kind === 'rewrite' ? `rewrite as ${outcome.form}` : `left, ${outcome.code}: ${outcome.reason}`;
  const lines = [`${palette.bold(`${place}  ${site.what}`)}: ${verdict}`];
  for (const { operation, proof, model } of proofs) {
    lines.push(`  ${operation}: known by ${proof}${model === undefined ? '' : `, model ${model}`}`);
  }
  if (outcome.kind === 'leave' && typesUnavailable !== undefined)
    lines.push(`  not proven by types: ${typesUnavailable}`);
  if (after !== undefined)
    lines.push(...marked('-', before, palette.red), ...marked('+', after, palette.green));
  if (together.length > 0) lines.push(`  together with ${together.map(options.displayPath).join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function marked(sign: string, text: string, color: (line: string) => string): string[] {
  return text.split(/\r?\n/).map((line) => color(`  ${sign} ${line}`));
}
