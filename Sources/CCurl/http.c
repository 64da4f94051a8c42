#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
  size_t max;
};

struct varve_http {
  CURL *curl;
  struct buffer body;
  struct buffer head;
  char message[CURL_ERROR_SIZE];
};

// Longest head of an answer.
enum { HEAD_MAX = 64 << 10 };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t append(char *bytes, size_t size, size_t count, void *context) {
  struct buffer *buffer = context;
  size_t more = size * count;
  if (more > buffer->max - buffer->count) return 0;
  if (buffer->count + more > buffer->capacity) {
    size_t capacity = (buffer->count + more) * 2;
    if (capacity > buffer->max) capacity = buffer->max;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) return 0;
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, bytes, more);
  buffer->count += more;
  return more;
}

struct varve_http *varve_http_make(void) {
  pthread_once(&once, start);
  struct varve_http *http = calloc(1, sizeof *http);
  if (!http) return NULL;
  http->curl = curl_easy_init();
  if (!http->curl) {
    free(http);
    return NULL;
  }
  return http;
}

void varve_http_free(struct varve_http *http) {
  if (!http) return;
  curl_easy_cleanup(http->curl);
  free(http->body.bytes);
  free(http->head.bytes);
  free(http);
}

static int progress(void *context, curl_off_t down, curl_off_t downs, curl_off_t up,
                    curl_off_t ups) {
  (void)down, (void)downs, (void)up, (void)ups;
  const struct varve_http_request *request = context;
  return request->is_cancelled(request->context);
}

static int set(struct varve_http *http, const struct varve_http_request *request,
               struct curl_slist *headers) {
  CURL *curl = http->curl;
  // The connections stay open; everything else is said anew.
  curl_easy_reset(curl);
  int failed = 0;
#define SET(option, value) failed |= curl_easy_setopt(curl, option, value) != CURLE_OK
  SET(CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  // A redirection could lead to a host that must not see what was signed for another.
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_CONNECTTIMEOUT, 20L);
  SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
  SET(CURLOPT_LOW_SPEED_TIME, 60L);
  SET(CURLOPT_ERRORBUFFER, http->message);
  SET(CURLOPT_HTTPHEADER, headers);
  SET(CURLOPT_WRITEFUNCTION, append);
  SET(CURLOPT_WRITEDATA, &http->body);
  SET(CURLOPT_HEADERFUNCTION, append);
  SET(CURLOPT_HEADERDATA, &http->head);
  SET(CURLOPT_CUSTOMREQUEST, request->method);
  if (request->is_cancelled) {
    SET(CURLOPT_XFERINFOFUNCTION, progress);
    SET(CURLOPT_XFERINFODATA, (void *)request);
    SET(CURLOPT_NOPROGRESS, 0L);
  }
  if (request->authorities) SET(CURLOPT_CAINFO, request->authorities);
  if (request->rate_max > 0) {
    SET(CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)request->rate_max);
    SET(CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)request->rate_max);
  }
  if (strcmp(request->method, "HEAD") == 0) {
    SET(CURLOPT_NOBODY, 1L);
  } else if (strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0) {
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_byte_count);
    SET(CURLOPT_POSTFIELDS, request->body ? (const char *)request->body : "");
  }
#undef SET
  return failed;
}

struct varve_http_answer varve_http_send(struct varve_http *http,
                                         const struct varve_http_request *request) {
  struct varve_http_answer answer = {0};
  http->body.count = 0;
  http->body.max = request->answer_byte_count_max;
  http->head.count = 0;
  http->head.max = HEAD_MAX;
  http->message[0] = 0;
  struct curl_slist *headers = NULL;
  for (size_t i = 0; i < request->header_count; i++) {
    struct curl_slist *longer = curl_slist_append(headers, request->headers[i]);
    if (!longer) {
      curl_slist_free_all(headers);
      answer.error = CURLE_OUT_OF_MEMORY;
      answer.message = "out of memory";
      return answer;
    }
    headers = longer;
  }
  CURLcode code = set(http, request, headers) ? CURLE_UNKNOWN_OPTION : curl_easy_perform(http->curl);
  if (code == CURLE_OK) {
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer.status);
  } else {
    answer.error = (int)code;
    if (!http->message[0]) {
      strncpy(http->message, curl_easy_strerror(code), sizeof http->message - 1);
    }
  }
  // The handle must not point to what the caller takes back.
  curl_easy_setopt(http->curl, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(http->curl, CURLOPT_XFERINFODATA, NULL);
  curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
  curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, NULL);
  curl_slist_free_all(headers);
  answer.body = http->body.bytes;
  answer.body_byte_count = http->body.count;
  answer.head = http->head.bytes;
  answer.head_byte_count = http->head.count;
  answer.message = http->message;
  return answer;
}

int varve_http_is_tls_error(int error) {
  return error == CURLE_PEER_FAILED_VERIFICATION || error == CURLE_SSL_CONNECT_ERROR ||
         error == CURLE_SSL_CACERT_BADFILE || error == CURLE_SSL_ISSUER_ERROR ||
         error == CURLE_SSL_CERTPROBLEM;
}
