import { isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { ValidationError } from '../errors.ts';

// Checks of addresses: of people, of pages, of machines.

function refused(message: string, value: unknown): ValidationError {
  return new ValidationError(message, { code: 'invalid', params: { value } });
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** The last part of a name: letters, or a name of another script as it is written in letters. */
const topLabel = /^(?:[a-z][a-z-]{0,61}[a-z]|xn--[a-z0-9-]{1,59})$/i;

/** True for a name of at least two parts, in whatever script. */
function isDomain(name: string): boolean {
  // What would be left out on the way to ASCII, or would end the name or be decoded there.
  if (/[\p{Cc}\s/?#\\%@:[\]]/u.test(name)) return false;
  const ascii = domainToASCII(name.replace(/\.$/, ''));
  const labels = ascii.split('.');
  if (labels.length < 2 || ascii.length > 253) return false;
  return topLabel.test(labels.at(-1) ?? '') && labels.every((each) => label.test(each));
}
/** Names of at least two parts, in whatever script: `bücher.example`. @throws ValidationError with the code `invalid` */
export function domainName(value: string): void {
  if (!isDomain(String(value))) throw refused('Enter a valid domain name.', value);
}

const plainUser = /^[-!#$%&'*+/=?^_`{}|~0-9a-z]+(?:\.[-!#$%&'*+/=?^_`{}|~0-9a-z]+)*$/i;
/** Between quotation marks stands what RFC 5322 calls quoted text, in its obsolete form, too; no line breaks. */
const quotedUser =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the grammar allows
  /^"(?:[\x01-\x08\x0b\x0c\x0e-\x1f!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*"$/;
const longestEmail = 320;

/**
 * Addresses of people: `ann@example.org`, `ann@localhost`, `ann@[127.0.0.1]`.
 *
 * @throws ValidationError with the code `invalid`
 */
export function email(given: string): void {
  const value = String(given);
  const at = value.lastIndexOf('@');
  const user = value.slice(0, Math.max(0, at));
  const host = value.slice(at + 1);
  const literal = /^\[(.+)\]$/.exec(host)?.[1];
  const known =
    host.toLowerCase() === 'localhost' ||
    (literal === undefined ? isDomain(host) && !host.endsWith('.') : isIP(literal) !== 0);
  if (value.length <= longestEmail && known && (plainUser.test(user) || quotedUser.test(user))) return;
  throw refused('Enter a valid email address.', value);
}

const longestUrl = 2048;
export interface UrlOptions {
  /** Schemes that are acceptable; `http`, `https`, `ftp` and `ftps` when absent. */
  readonly schemes?: readonly string[];
}
/** Addresses of pages. @returns a check that throws ValidationError with the code `invalid` */
export function urlOf({
  schemes = ['http', 'https', 'ftp', 'ftps'],
}: UrlOptions = {}): (value: string) => void {
  return (value) => {
    if (!isUrl(String(value), schemes)) throw refused('Enter a valid URL.', value);
  };
}
/** Addresses of pages by `http`, `https`, `ftp` and `ftps`. */
export const url = urlOf();

function isUrl(value: string, schemes: readonly string[]): boolean {
  const [, scheme = '', authority = ''] =
    /^([a-z][a-z0-9.+-]*):\/\/([^/?#]*)(?:[/?#]\S*)?$/i.exec(value) ?? [];
  if (value.length > longestUrl || !schemes.includes(scheme.toLowerCase())) return false;
  const [, user, host = '', port] = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  if (user !== undefined && !/^[^\s:@/]+(?::[^\s:@/]*)?$/.test(user)) return false;
  if (port !== undefined && Number(port) > 65_535) return false;
  const literal = /^\[(.+)\]$/.exec(host)?.[1];
  if (literal !== undefined) return isUnscoped(literal);
  return host.toLowerCase() === 'localhost' || isIPv4(host) || isDomain(host);
}

/** True for an address that means the same on every machine: no `%eth0` behind it. */
function isUnscoped(address: string): boolean {
  return isIPv6(address) && !address.includes('%');
}
/** `192.0.2.1`. @throws ValidationError with the code `invalid` */
export function ipv4(value: string): void {
  if (!isIPv4(value)) throw refused('Enter a valid IPv4 address.', value);
}
/** `2001:db8::1`, without a zone. @throws ValidationError with the code `invalid` */
export function ipv6(value: string): void {
  if (!isUnscoped(value)) throw refused('Enter a valid IPv6 address.', value);
}
/** Either. @throws ValidationError with the code `invalid` */
export function ip(value: string): void {
  if (isIP(value) === 0 || value.includes('%')) throw refused('Enter a valid IPv4 or IPv6 address.', value);
}
