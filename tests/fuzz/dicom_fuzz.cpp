/// Fuzz target of the DICOM reader: structure, deflated data sets, header facts, fragments of compressed pixels, RLE,
/// and the way from planes to a grid. Decoders of other libraries stay outside: they are not built with the fuzzer's
/// eyes. Run it with scripts/fuzz.

#include <cstddef>

#include "cardiotwin/core/error.hpp"
#include "codestreams.hpp"
#include "decoders.hpp"
#include "grid.hpp"

namespace {

using namespace cardiotwin::ingest;

void look_at_pixels(Bytes bytes, const FileFacts& facts) {
  const Parsed parsed = parse(bytes);
  const Element* const pixels = parsed.data.find(pixel_data);
  if (!pixels || !pixels->undefined_length) return;
  const FrameShape shape{facts.columns, facts.rows, facts.packing};
  for (const auto& stream : codestreams(*pixels, facts.frames)) {
    (void)jpeg_head(stream);
    (void)ends_with(stream, 0xd9);
    if (shape.pixels() > 1 << 16) continue;  // large matrices cost time and say nothing new
    try {
      (void)decode_rle(stream, shape);
    } catch (const Undecodable&) {
    }
  }
}

/// A file of one plane becomes a stack of five.
void look_at_stacks(std::vector<Frame> frames) {
  using cardiotwin::core::operator*, cardiotwin::core::operator+;
  if (frames.size() == 1)
    for (int n = 1; n < 5; ++n) {
      frames.push_back(frames.front());
      frames.back().position = frames.front().position + 5.0 * n * frames.front().normal();
    }
  Scan scan;
  scan.frames = frames;
  for (auto& stack : find_stacks(frames)) {
    (void)stack.describe();
    try {
      Notes notes;
      (void)plan_grid(scan, stack, notes);
    } catch (const cardiotwin::core::Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  const DicomFile file = interpret(bytes, "fuzz.dcm");
  if (file.kind != FileKind::image && file.problem.empty()) __builtin_trap();
  if (file.kind == FileKind::image || file.kind == FileKind::unplaced) look_at_pixels(bytes, *file.facts);
  if (file.kind == FileKind::image) look_at_stacks(file.frames);
  return 0;
}
