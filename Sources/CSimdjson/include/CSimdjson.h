// A C face of simdjson: one JSON document as a flat list of nodes that point into the source.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSIMDJSON_NULL = 0,
  CSIMDJSON_FALSE = 1,
  CSIMDJSON_TRUE = 2,
  CSIMDJSON_NUMBER = 3,
  CSIMDJSON_STRING = 4,
  CSIMDJSON_ARRAY = 5,
  CSIMDJSON_OBJECT = 6
};

// A value and, inside an object, its key. Children follow their parent; `next` skips them.
typedef struct {
  uint32_t start;        // first byte of the value; for a string behind its quote
  uint32_t count;        // bytes of the value; for a string without its quotes
  uint32_t key_start;    // first byte of the key behind its quote
  uint32_t key_count;    // bytes of the key without its quotes
  uint32_t next;         // index of the node after this value and all inside it
  uint8_t type;
  uint8_t has_escape;    // the string holds a backslash
  uint8_t key_has_escape;
  uint8_t reserved;
} csimdjson_node;

typedef struct csimdjson_parser csimdjson_parser;

csimdjson_parser *csimdjson_create(void);
void csimdjson_destroy(csimdjson_parser *parser);

// Parses `count` bytes, behind which `CSIMDJSON_PADDING` more are readable. Returns 0 and the nodes,
// which stay valid until the next call, or a code: 1 not JSON, 2 not UTF-8, 3 too deep,
// 4 more brackets, commas, colons and values than CSIMDJSON_POSITIONS.
int csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t count,
                    const csimdjson_node **nodes, size_t *node_count);

enum { CSIMDJSON_PADDING = 64, CSIMDJSON_DEPTH = 512, CSIMDJSON_POSITIONS = 8 << 20 };

#ifdef __cplusplus
}
#endif
#endif
