// One HTTP request at a time through libcurl, whose own options take any number of arguments and so
// cannot be called from Swift.

#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

// A connection that is kept open between requests.
struct varve_http;

// A request; nothing of it is kept.
struct varve_http_request {
  const char *method;
  const char *url;
  // Lines "Name: value".
  const char *const *headers;
  size_t header_count;
  const uint8_t *body;
  size_t body_byte_count;
  // More bytes of an answer are an error.
  size_t answer_byte_count_max;
  // Bytes a second at most in either direction; 0 for as many as there are.
  int64_t rate_max;
  // A file of certificates that are trusted in place of the system's; null for those.
  const char *authorities;
  // Asked about once a second with the context; the request is given up when it is not 0.
  int (*is_cancelled)(const void *context);
  const void *context;
};

// What came back. The bytes belong to the connection until its next request.
struct varve_http_answer {
  // Status of HTTP, 0 if none came.
  long status;
  const uint8_t *body;
  size_t body_byte_count;
  // The lines of the head as they came.
  const uint8_t *head;
  size_t head_byte_count;
  // 0, or the number of curl's error.
  int error;
  // What failed, in words; empty if nothing did.
  const char *message;
};

struct varve_http *varve_http_make(void);
void varve_http_free(struct varve_http *);
struct varve_http_answer varve_http_send(struct varve_http *, const struct varve_http_request *);
// Whether a number of an error says that the peer's certificate or its TLS is not good.
int varve_http_is_tls_error(int);

#endif
