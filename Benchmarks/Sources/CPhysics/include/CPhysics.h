// The least that any ingest of JSONL has to do, each step alone and as fast as its library does it.
#ifndef CPHYSICS_H
#define CPHYSICS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The string members `content` of all lines, one after the other.
typedef struct {
  uint8_t *contents;
  uint32_t *lengths;
  size_t content_count;
  size_t content_byte_count;
} cphysics_contents;

// Parses each line with simdjson's DOM and unescapes its content. Behind the bytes 64 more are readable.
cphysics_contents cphysics_parse(const uint8_t *bytes, size_t count);
void cphysics_free(cphysics_contents contents);

// Compresses in pieces of 16 KiB with LZ4; returns the bytes that come out.
size_t cphysics_compress(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
