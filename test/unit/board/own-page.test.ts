import { describe, expect, it } from 'vitest';
import { foreignness } from '../../../src/board/own-page.ts';

const LOCAL = { host: '127.0.0.1', names: [] };
const PUBLIC = { host: '0.0.0.0', names: [] };
const NAMED = { host: '127.0.0.1', names: ['Adutora.example.org'] };
const read = (headers: Record<string, string>) => ({
  method: 'GET',
  headers: { host: 'localhost', ...headers },
});
const write = (headers: Record<string, string>) => ({
  method: 'PUT',
  headers: { host: 'localhost', ...headers },
});

describe('the name in the Host header', () => {
  it.each([
    ['127.0.0.1:3000', LOCAL, true],
    ['localhost', LOCAL, true],
    ['[::1]:3000', LOCAL, true],
    ['LOCALHOST:3000', LOCAL, true],
    ['rebound.example', LOCAL, false],
    ['10.0.0.5', LOCAL, false],
    ['localhost.evil.example', LOCAL, false],
    ['', LOCAL, false],
    ['10.0.0.5:3000', PUBLIC, true],
    ['[2001:db8::1]:3000', PUBLIC, true],
    ['rebound.example', PUBLIC, false],
    ['adutora.example.org', NAMED, true],
    ['ADUTORA.example.org:443', NAMED, true],
    ['x.adutora.example.org', NAMED, false],
  ])('%s, on %o: %s', (host, board, isAnswered) => {
    expect(foreignness(read({ host }), board) === null).toBe(isAnswered);
  });
});

describe('a page of another site', () => {
  it.each([
    ['reads', read({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })],
    [
      'frames',
      read({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
    ],
    ['of this machine reads', read({ 'sec-fetch-site': 'same-site' })],
    ['reads with its origin', read({ origin: 'https://evil.example' })],
    ['without an origin reads', read({ origin: 'null' })],
    ['writes', write({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })],
    [
      'says it is ours and has another origin',
      write({ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:9' }),
    ],
    ['writes, nobody knows from where', write({})],
    ['follows an address', write({ 'sec-fetch-site': 'none' })],
  ])('%s: refused', (_, request) => {
    expect(foreignness(request, LOCAL)).not.toBeNull();
  });

  it.each([
    [
      'a link',
      read({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
    ],
    ['an address that was typed', read({ 'sec-fetch-site': 'none' })],
    ['a program that reads', read({})],
    ['our own page', write({ 'sec-fetch-site': 'same-origin', origin: 'http://localhost' })],
    ['our own page, in an old browser', write({ origin: 'http://localhost' })],
  ])('%s: answered', (_, request) => {
    expect(foreignness(request, LOCAL)).toBeNull();
  });
});
