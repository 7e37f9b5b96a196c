#pragma once
/// Deflated data sets (PS3.5 A.5): a raw deflate stream (RFC 1951).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cardiotwin::ingest {

/// More than this is refused: room for one plane of 4096 x 4096 pixels, and no room for a deflate bomb.
inline constexpr std::size_t largest_inflated = std::size_t{64} << 20;

struct Inflated {
  std::vector<std::uint8_t> bytes;
  std::string problem;  ///< empty when the stream came to its end
};
/// Never throws for what the bytes contain.
Inflated inflate_raw(std::span<const std::uint8_t> deflated);

}  // namespace cardiotwin::ingest
