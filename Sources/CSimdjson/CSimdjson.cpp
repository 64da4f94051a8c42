// Lists the values of a document: simdjson finds its structure (stage 1: G. Langdale, D. Lemire, "Parsing
// gigabytes of JSON per second", VLDB Journal 28, 2019), which also checks UTF-8 and the ends of strings;
// what is left is the grammar of RFC 8259 over the positions found.
#include "CSimdjson.h"

#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>
#include <vector>

using namespace simdjson;

namespace {

enum class failure { none, not_json, not_utf8, too_deep, too_many };

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-] int [frac] [exp]
bool is_number(const char *text, size_t count) {
  size_t i = 0;
  auto digits = [&] {
    const size_t from = i;
    while (i < count && is_digit(text[i])) i++;
    return i > from;
  };
  if (i < count && text[i] == '-') i++;
  const size_t first = i;
  if (!digits()) return false;
  if (text[first] == '0' && i > first + 1) return false;
  if (i < count && text[i] == '.') {
    i++;
    if (!digits()) return false;
  }
  if (i < count && (text[i] == 'e' || text[i] == 'E')) {
    i++;
    if (i < count && (text[i] == '+' || text[i] == '-')) i++;
    if (!digits()) return false;
  }
  return i == count;
}

} // namespace

struct csimdjson_parser {
  std::unique_ptr<internal::dom_parser_implementation> indexer;
  std::vector<csimdjson_node> nodes;
  csimdjson_node *next_node = nullptr;
  const char *base = nullptr;
  uint32_t size = 0;
  // Positions of brackets, colons, commas and the first bytes of strings and scalars.
  const uint32_t *positions = nullptr;
  uint32_t position_count = 0;
  uint32_t at = 0;

  bool reserve(size_t count) {
    if (indexer && indexer->capacity() >= count) return true;
    size_t wanted = 4096;
    while (wanted < count) wanted *= 2;
    if (!indexer) {
      return get_active_implementation()->create_dom_parser_implementation(
                 wanted, CSIMDJSON_DEPTH, indexer) == SUCCESS;
    }
    return indexer->set_capacity(wanted) == SUCCESS;
  }

  uint32_t position(uint32_t index) const {
    return index < position_count ? positions[index] : size;
  }

  char character() const { return at < position_count ? base[positions[at]] : '\0'; }

  // Where a token that starts at the present position ends, blanks cut off.
  uint32_t token_end() const {
    uint32_t end = position(at + 1);
    while (end > positions[at] && is_blank(base[end - 1])) end--;
    return end;
  }

  // Reads the string at the present position: between two positions nothing but the string and
  // blanks can stand, so its last byte is the closing quote.
  bool string(uint32_t &start, uint32_t &count, uint8_t &has_escape) {
    const uint32_t end = token_end();
    start = positions[at] + 1;
    if (end <= start || base[end - 1] != '"') return false;
    count = end - 1 - start;
    has_escape = std::memchr(base + start, '\\', count) != nullptr;
    at++;
    return true;
  }

  failure scalar(csimdjson_node &node) {
    const uint32_t start = positions[at];
    const uint32_t count = token_end() - start;
    const char *text = base + start;
    if (count == 4 && std::memcmp(text, "null", 4) == 0) {
      node.type = CSIMDJSON_NULL;
    } else if (count == 4 && std::memcmp(text, "true", 4) == 0) {
      node.type = CSIMDJSON_TRUE;
    } else if (count == 5 && std::memcmp(text, "false", 5) == 0) {
      node.type = CSIMDJSON_FALSE;
    } else if (is_number(text, count)) {
      node.type = CSIMDJSON_NUMBER;
    } else {
      return failure::not_json;
    }
    node.start = start;
    node.count = count;
    at++;
    return failure::none;
  }

  // Reads the value at the present position; the caller has filled in its key.
  failure value(csimdjson_node *node, int depth) {
    next_node = node + 1;
    failure result = failure::none;
    switch (character()) {
    case '"':
      node->type = CSIMDJSON_STRING;
      if (!string(node->start, node->count, node->has_escape)) return failure::not_json;
      break;
    case '{':
    case '[':
      result = container(node, depth);
      break;
    case '\0':
    case '}':
    case ']':
    case ':':
    case ',':
      return failure::not_json;
    default:
      result = scalar(*node);
    }
    node->next = uint32_t(next_node - nodes.data());
    return result;
  }

  failure container(csimdjson_node *node, int depth) {
    if (depth >= CSIMDJSON_DEPTH) return failure::too_deep;
    const bool is_object = character() == '{';
    const char close = is_object ? '}' : ']';
    node->type = is_object ? CSIMDJSON_OBJECT : CSIMDJSON_ARRAY;
    node->start = positions[at++];
    if (character() != close) {
      while (true) {
        csimdjson_node *child = next_node;
        *child = csimdjson_node{};
        if (is_object) {
          if (character() != '"' ||
              !string(child->key_start, child->key_count, child->key_has_escape) ||
              character() != ':') {
            return failure::not_json;
          }
          at++;
        }
        const failure result = value(child, depth + 1);
        if (result != failure::none) return result;
        if (character() == close) break;
        if (character() != ',') return failure::not_json;
        at++;
      }
    }
    node->count = positions[at++] + 1 - node->start;
    return failure::none;
  }

  failure parse(const uint8_t *bytes, size_t count) {
    base = reinterpret_cast<const char *>(bytes);
    size = uint32_t(count);
    next_node = nodes.data();
    at = 0;
    if (!reserve(count)) return failure::not_json;
    const error_code error = indexer->stage1(bytes, count, stage1_mode::regular);
    if (error == UTF8_ERROR) return failure::not_utf8;
    if (error != SUCCESS) return failure::not_json;
    positions = indexer->structural_indexes.get();
    position_count = indexer->n_structural_indexes;
    if (position_count > CSIMDJSON_POSITIONS) return failure::too_many;
    // Each value has a position of its own.
    if (nodes.size() < position_count + 1) nodes.resize(position_count + position_count / 2 + 16);
    nodes[0] = csimdjson_node{};
    const failure result = value(nodes.data(), 0);
    if (result != failure::none) return result;
    return at == position_count ? failure::none : failure::not_json;
  }
};

csimdjson_parser *csimdjson_create(void) { return new (std::nothrow) csimdjson_parser; }

void csimdjson_destroy(csimdjson_parser *parser) { delete parser; }

int csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t count,
                    const csimdjson_node **nodes, size_t *node_count) {
  failure result = failure::too_many;
  try {
    result = parser->parse(bytes, count);
  } catch (const std::bad_alloc &) {
    // No exception may pass into another language; the document is too large for this machine.
  }
  *nodes = parser->nodes.data();
  *node_count = result == failure::none ? size_t(parser->next_node - parser->nodes.data()) : 0;
  switch (result) {
  case failure::none: return 0;
  case failure::not_utf8: return 2;
  case failure::too_deep: return 3;
  case failure::too_many: return 4;
  default: return 1;
  }
}
