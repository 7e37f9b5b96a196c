#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include <algorithm>

#include "codestreams.hpp"
#include "decoders.hpp"

namespace cardiotwin::ingest {
namespace {

const DJCodecParameter& parameters() {
  static const DJCodecParameter p(ECC_lossyYCbCr, EDC_never, EUC_default, EPC_default);
  return p;
}

/// A decoder of DCMTK that counts its warnings; after one about the data it goes on with made-up pixels.
template <class Decoder>
class Strict : public Decoder {
 public:
  Strict() : Decoder(parameters(), OFFalse) {}
  void emitMessage(int level) const override { warnings += level < 0 ? 1 : 0; }
  mutable int warnings = 0;
};

template <class Decoder, class Sample>
StoredBits decode(std::span<const std::uint8_t> stream, const FrameShape& shape, int harmless) {
  Strict<Decoder> decoder;
  std::vector<Sample> samples(shape.pixels());
  const auto run = [&] {
    if (OFCondition made = decoder.init(); made.bad()) return made;
    return decoder.decode(const_cast<Uint8*>(stream.data()), static_cast<Uint32>(stream.size()),
                          reinterpret_cast<Uint8*>(samples.data()),
                          static_cast<Uint32>(samples.size() * sizeof(Sample)), shape.packing.is_signed);
  };
  if (run().bad()) throw Undecodable("a JPEG codestream that cannot be decoded");
  if (decoder.warnings > harmless) throw Undecodable("a damaged JPEG codestream");
  return {samples.begin(), samples.end()};
}

}  // namespace

StoredBits decode_jpeg(std::span<const std::uint8_t> stream, const FrameShape& shape) {
  const auto head = jpeg_head(stream);
  if (!head || !ends_with(stream, 0xd9)) throw Undecodable("a JPEG codestream without beginning or end");
  if (head->columns != shape.columns || head->rows != shape.rows || head->components != 1)
    throw Undecodable("a JPEG codestream of " + std::to_string(head->columns) + " x " + std::to_string(head->rows) +
                      " pixels in " + std::to_string(head->components) + " colours");
  if (head->precision > shape.packing.allocated)
    throw Undecodable("a JPEG codestream of " + std::to_string(head->precision) + " bits");
  const int harmless = head->usual_scan ? 0 : 1;
  if (head->precision <= 8) return decode<DJDecompressIJG8Bit, std::uint8_t>(stream, shape, harmless);
  if (head->precision <= 12) return decode<DJDecompressIJG12Bit, std::uint16_t>(stream, shape, harmless);
  return decode<DJDecompressIJG16Bit, std::uint16_t>(stream, shape, harmless);
}

}  // namespace cardiotwin::ingest
