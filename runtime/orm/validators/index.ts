import { domainName, email, ip, ipv4, ipv6, url, urlOf } from './addresses.ts';
import { maxLength, maxValue, minLength, minValue, stepValue } from './limits.ts';
import {
  fileExtension,
  integer,
  integerList,
  noNullCharacters,
  regex,
  slug,
  unicodeSlug,
} from './patterns.ts';

/** Checks for `.validate()`: each takes a value and throws ValidationError, or makes a function that does. */
export const validators = {
  minValue,
  maxValue,
  stepValue,
  minLength,
  maxLength,
  regex,
  slug,
  unicodeSlug,
  integer,
  integerList,
  noNullCharacters,
  fileExtension,
  email,
  url,
  urlOf,
  domainName,
  ip,
  ipv4,
  ipv6,
} as const;
