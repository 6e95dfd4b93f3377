import { describe, expect, it } from 'vitest';
import { createLogin, FAILURES_ALLOWED, WINDOW_MS } from '../../../src/board/login.ts';

const RIGHT = { user: 'operação', password: 'uma senha: longa e só nossa' };
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('the login of the board', () => {
  it('lets in who has both, also with a colon in the password and letters beyond ASCII', () => {
    const login = createLogin(RIGHT);
    expect(login(basic(RIGHT.user, RIGHT.password), '10.0.0.1')).toEqual({ kind: 'ok', user: RIGHT.user });
  });

  it.each([
    ['another user', basic('root', RIGHT.password)],
    ['another password', basic(RIGHT.user, 'x')],
    ['a password with one more letter', basic(RIGHT.user, `${RIGHT.password}x`)],
    ['the start of the password', basic(RIGHT.user, RIGHT.password.slice(0, -1))],
    ['nothing in both', basic('', '')],
    ['the user alone', `Basic ${Buffer.from(RIGHT.user).toString('base64')}`],
    ['another scheme', `Bearer ${RIGHT.password}`],
    ['a header that is nothing', ''],
    ['what is no base64', 'Basic ÿÿ'],
  ])('refuses %s, all in one way', (_, header) => {
    expect(createLogin(RIGHT)(header, '10.0.0.1')).toEqual({ kind: 'wrong' });
  });

  it('asks who sends nothing, and counts no failure', () => {
    const login = createLogin(RIGHT);
    for (let i = 0; i <= FAILURES_ALLOWED; i++)
      expect(login(undefined, '10.0.0.1')).toEqual({ kind: 'none' });
  });

  it('does not answer an address that has failed too often, right or wrong, until its window is over', () => {
    let now = 1_000;
    const login = createLogin(RIGHT, () => now);
    for (let i = 0; i < FAILURES_ALLOWED; i++) {
      expect(login(basic('x', 'y'), '10.0.0.1').kind).toBe('wrong');
      now += 1;
    }
    const limited = { kind: 'limited', retryAfterS: Math.ceil((WINDOW_MS - FAILURES_ALLOWED) / 1000) };
    expect(login(basic('x', 'y'), '10.0.0.1')).toEqual(limited);
    expect(login(basic(RIGHT.user, RIGHT.password), '::ffff:10.0.0.1')).toEqual(limited);
    expect(login(basic(RIGHT.user, RIGHT.password), '10.0.0.2').kind).toBe('ok');
    now = 1_000 + WINDOW_MS;
    expect(login(basic(RIGHT.user, RIGHT.password), '10.0.0.1').kind).toBe('ok');
  });

  it('counts the /64 of an IPv6 address as one, however it is written', () => {
    const login = createLogin(RIGHT, () => 0);
    const addresses = ['2001:db8::1', '2001:0db8:0:0:1:2:3:4', '2001:db8:0:0::ffff', '2001:db8::2%eth0'];
    for (let i = 0; i < FAILURES_ALLOWED; i++) login('', addresses[i % addresses.length] ?? '');
    expect(login('', '2001:db8::9').kind).toBe('limited');
    expect(login('', '2001:db8:0:1::9').kind).toBe('wrong');
  });

  it('forgets the oldest of more addresses than it holds', () => {
    const login = createLogin(RIGHT, () => 0);
    for (let i = 0; i < FAILURES_ALLOWED; i++) login('', '10.0.0.1');
    for (let i = 0; i < 10_000; i++) login('', `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(login('', '10.0.0.1').kind).toBe('wrong');
  });
});
