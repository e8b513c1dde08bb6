#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/json_fields.hpp"
#include "ingest/decode/scalar.hpp"
#include "kernels/decode_plan.hpp"

namespace sluice {

/// Learns the shapes that a backend reads JSON documents by (DocumentShape) from the documents that
/// it left to the host. Only a document that the parser accepts teaches a shape, and only when it
/// comes a second time. Keeps the first shapes it learned, at most max_shapes. Single-threaded.
class DocumentShapes {
 public:
  explicit DocumentShapes(const Format& format);

  /// @param document with block_padding readable bytes behind it
  /// @returns whether it taught a new shape
  bool offer(std::string_view document);

  std::span<const DocumentShape> shapes() const noexcept { return shapes_; }
  bool full() const noexcept { return shapes_.size() == max_shapes; }
  void forget() noexcept;

 private:
  bool read(std::string_view document, DocumentShape& shape);

  JsonFields parser_;
  std::vector<Scalar> fields_;
  std::vector<const char*> sources_;
  std::vector<DocumentShape> shapes_;
  std::vector<DocumentShape> seen_once_;  ///< the last few, in turns
  std::size_t next_seen_ = 0;
};

}  // namespace sluice
