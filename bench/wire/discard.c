/* Reads one table over MySQL's text protocol and discards it: what the wire and the server allow.
   usage: discard PORT USER SQL   (on 127.0.0.1, without a password and without encryption)
   Looks at the header of each packet and at the first byte behind it, and counts rows and bytes. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, FULL = 0xffffff };

static unsigned char buffer[BUFFER + 8];
static size_t have, at;
static uint64_t bytes;
static int wire;

static void fail(const char *what) {
  fprintf(stderr, "discard: %s\n", what);
  exit(1);
}

static void receive(void) {
  memmove(buffer, buffer + at, have - at);
  have -= at;
  at = 0;
  ssize_t got = read(wire, buffer + have, BUFFER - have);
  if (got <= 0) fail("the connection has ended");
  have += got;
  bytes += got;
}

/* The next packet: its first byte, and its length. */
static unsigned char next(uint32_t *length) {
  while (have - at < 5) receive();
  unsigned char *head = buffer + at;
  *length = head[0] | head[1] << 8 | head[2] << 16;
  unsigned char first = head[4];
  if (first == 0xff) fail("the server refuses");
  size_t rest = 4 + (size_t)*length;
  while (have - at < rest) {
    rest -= have - at;
    at = have;
    receive();
  }
  at += rest;
  return first;
}

static void send_packet(const unsigned char *payload, uint32_t length, unsigned char sequence) {
  unsigned char head[4] = {length, length >> 8, length >> 16, sequence};
  if (write(wire, head, 4) != 4 || write(wire, payload, length) != (ssize_t)length) fail("cannot write");
}

/* An empty password is an empty answer, whatever the method. */
static void log_in(const char *user) {
  uint32_t length;
  next(&length);
  unsigned char login[256] = {0};
  uint32_t flags = 0x1 | 0x200 | 0x8000 | 0x80000, largest = FULL;
  memcpy(login, &flags, 4);
  memcpy(login + 4, &largest, 4);
  login[8] = 45;
  size_t size = 32;
  size += sprintf((char *)login + size, "%.60s", user) + 1;
  login[size++] = 0;
  size += sprintf((char *)login + size, "mysql_native_password") + 1;
  send_packet(login, size, 1);
  if (next(&length) == 0xfe) {
    send_packet(login, 0, 3);
    next(&length);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **words) {
  if (count != 4) return 64;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  wire = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(wire, (struct sockaddr *)&address, sizeof address)) fail("cannot connect");
  log_in(words[2]);

  double before = now();
  unsigned char query[4096] = {3};
  int length = snprintf((char *)query + 1, sizeof query - 1, "%s", words[3]);
  send_packet(query, length + 1, 0);
  uint64_t packets = 0, columns = 0, ends = 0;
  bytes = 0;
  while (ends < 2) {
    uint32_t size;
    unsigned char first = next(&size);
    if (packets++ == 0) columns = first;
    if (first == 0xfe && size < 9) ends++;
  }
  double took = now() - before;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"rows\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"cpu\": %.6f}\n",
         (unsigned long long)(packets - columns - 3), (unsigned long long)bytes, took,
         seconds(used.ru_utime) + seconds(used.ru_stime));
  return 0;
}
