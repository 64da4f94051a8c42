// Walks a document once with simdjson's on-demand interface and writes down where each value lies.
#include "CSimdjson.h"

#include <cstring>
#include <simdjson.h>
#include <vector>

using namespace simdjson;

struct csimdjson_parser {
  ondemand::parser parser;
  std::vector<csimdjson_node> nodes;
  const char *base = nullptr;
  const char *end = nullptr;

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  error_code walk(ondemand::value value, uint32_t key_start, uint32_t key_count, bool key_escape,
                  int depth, uint32_t &after) {
    ondemand::json_type type;
    SIMDJSON_TRY(value.type().get(type));
    const size_t index = nodes.size();
    csimdjson_node node{};
    node.key_start = key_start;
    node.key_count = key_count;
    node.key_has_escape = key_escape ? 1 : 0;
    std::string_view token = value.raw_json_token();
    node.start = uint32_t(token.data() - base);
    size_t length = token.size();
    while (length > 0 && is_blank(token[length - 1])) length--;
    switch (type) {
    case ondemand::json_type::null: {
      bool is_null;
      SIMDJSON_TRY(value.is_null().get(is_null));
      if (!is_null) return INCORRECT_TYPE;
      node.type = CSIMDJSON_NULL;
      break;
    }
    case ondemand::json_type::boolean: {
      bool truth;
      SIMDJSON_TRY(value.get_bool().get(truth));
      node.type = truth ? CSIMDJSON_TRUE : CSIMDJSON_FALSE;
      break;
    }
    case ondemand::json_type::number: {
      // Integers beyond 64 bits and exponents beyond a double are kept as text by the caller.
      ondemand::number number;
      error_code error = value.get_number().get(number);
      if (error != SUCCESS && error != NUMBER_ERROR && error != NUMBER_OUT_OF_RANGE) return error;
      if (error != SUCCESS && !is_number_text(token.substr(0, length))) return error;
      node.type = CSIMDJSON_NUMBER;
      break;
    }
    case ondemand::json_type::string: {
      if (length < 2 || token[length - 1] != '"') return STRING_ERROR;
      node.type = CSIMDJSON_STRING;
      node.start += 1;
      node.count = uint32_t(length - 2);
      node.has_escape = std::memchr(token.data() + 1, '\\', length - 2) != nullptr;
      ondemand::raw_json_string raw;
      SIMDJSON_TRY(value.get_raw_json_string().get(raw));
      node.next = uint32_t(index + 1);
      nodes.push_back(node);
      after = node.start + node.count + 1;
      return SUCCESS;
    }
    default:
      return walk_container(value, type, node, depth, after);
    }
    node.count = uint32_t(length);
    node.next = uint32_t(index + 1);
    nodes.push_back(node);
    after = node.start + node.count;
    return SUCCESS;
  }

  error_code walk_container(ondemand::value value, ondemand::json_type type, csimdjson_node node,
                            int depth, uint32_t &after) {
    if (depth >= CSIMDJSON_DEPTH) return DEPTH_ERROR;
    const size_t index = nodes.size();
    node.type = type == ondemand::json_type::array ? CSIMDJSON_ARRAY : CSIMDJSON_OBJECT;
    nodes.push_back(node);
    after = node.start + 1;
    if (type == ondemand::json_type::array) {
      ondemand::array array;
      SIMDJSON_TRY(value.get_array().get(array));
      for (auto element : array) {
        ondemand::value child;
        SIMDJSON_TRY(std::move(element).get(child));
        SIMDJSON_TRY(walk(child, 0, 0, false, depth + 1, after));
      }
    } else {
      ondemand::object object;
      SIMDJSON_TRY(value.get_object().get(object));
      SIMDJSON_TRY(walk_members(object, depth, after));
    }
    while (base + after < end && is_blank(base[after])) after++;
    const char close = type == ondemand::json_type::array ? ']' : '}';
    if (base + after >= end || base[after] != close) return TAPE_ERROR;
    after++;
    nodes[index].count = after - nodes[index].start;
    nodes[index].next = uint32_t(nodes.size());
    return SUCCESS;
  }

  error_code walk_members(ondemand::object &object, int depth, uint32_t &after) {
    for (auto field : object) {
      ondemand::raw_json_string raw;
      SIMDJSON_TRY(field.key().get(raw));
      const char *key = raw.raw();
      const char *stop = key;
      bool escape = false;
      while (stop < end && *stop != '"') {
        if (*stop == '\\') {
          escape = true;
          stop++;
        }
        stop++;
      }
      if (stop >= end) return STRING_ERROR;
      ondemand::value child;
      SIMDJSON_TRY(std::move(field.value()).get(child));
      SIMDJSON_TRY(walk(child, uint32_t(key - base), uint32_t(stop - key), escape, depth + 1, after));
    }
    return SUCCESS;
  }

  // RFC 8259: [-] int [frac] [exp]
  static bool is_number_text(std::string_view text) {
    size_t i = 0;
    auto digits = [&] {
      size_t from = i;
      while (i < text.size() && text[i] >= '0' && text[i] <= '9') i++;
      return i > from;
    };
    if (i < text.size() && text[i] == '-') i++;
    size_t first = i;
    if (!digits()) return false;
    if (text[first] == '0' && i > first + 1) return false;
    if (i < text.size() && text[i] == '.') {
      i++;
      if (!digits()) return false;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
      i++;
      if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
      if (!digits()) return false;
    }
    return i == text.size();
  }
};

csimdjson_parser *csimdjson_create(void) { return new (std::nothrow) csimdjson_parser; }

void csimdjson_destroy(csimdjson_parser *parser) { delete parser; }

int csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t count,
                    const csimdjson_node **nodes, size_t *node_count) {
  parser->nodes.clear();
  parser->base = reinterpret_cast<const char *>(bytes);
  parser->end = parser->base + count;
  ondemand::document document;
  error_code error =
      parser->parser.iterate(parser->base, count, count + CSIMDJSON_PADDING).get(document);
  if (error == SUCCESS) {
    ondemand::value root;
    error = document.get_value().get(root);
    uint32_t after = 0;
    if (error == SUCCESS) error = parser->walk(root, 0, 0, false, 0, after);
    while (error == SUCCESS && after < count) {
      if (!csimdjson_parser::is_blank(parser->base[after])) error = TRAILING_CONTENT;
      after++;
    }
  }
  *nodes = parser->nodes.data();
  *node_count = parser->nodes.size();
  if (error == SUCCESS) return 0;
  return error == UTF8_ERROR ? 2 : error == DEPTH_ERROR ? 3 : 1;
}
