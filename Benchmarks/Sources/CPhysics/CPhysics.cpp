#include "CPhysics.h"

#include <cstdlib>
#include <cstring>
#include <lz4.h>
#include <simdjson.h>

cphysics_contents cphysics_parse(const uint8_t *bytes, size_t count) {
  cphysics_contents result{};
  result.contents = static_cast<uint8_t *>(std::malloc(count + 1));
  result.lengths = static_cast<uint32_t *>(std::malloc(count / 2 * sizeof(uint32_t) + 8));
  simdjson::dom::parser parser;
  size_t at = 0;
  while (at < count) {
    const void *end = std::memchr(bytes + at, '\n', count - at);
    const size_t next = end ? size_t(static_cast<const uint8_t *>(end) - bytes) : count;
    simdjson::dom::element line;
    std::string_view content;
    if (parser.parse(bytes + at, next - at, false).get(line) == simdjson::SUCCESS &&
        line["content"].get(content) == simdjson::SUCCESS) {
      std::memcpy(result.contents + result.content_byte_count, content.data(), content.size());
      result.content_byte_count += content.size();
      result.lengths[result.content_count++] = uint32_t(content.size());
    }
    at = next + 1;
  }
  return result;
}

void cphysics_free(cphysics_contents contents) {
  std::free(contents.contents);
  std::free(contents.lengths);
}

size_t cphysics_compress(const uint8_t *bytes, size_t count) {
  const size_t piece = 16 << 10;
  char *out = static_cast<char *>(std::malloc(LZ4_compressBound(piece)));
  size_t total = 0;
  for (size_t at = 0; at < count; at += piece) {
    const size_t size = count - at < piece ? count - at : piece;
    total += size_t(LZ4_compress_default(
        reinterpret_cast<const char *>(bytes + at), out, int(size), LZ4_compressBound(piece)));
  }
  std::free(out);
  return total;
}
