#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcofsetl.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmjpls/djcodecd.h>
#include <dcmtk/dcmjpls/djcparam.h>

#include "codestreams.hpp"
#include "decoders.hpp"

namespace cardiotwin::ingest {
namespace {

/// What DCMTK's decoder wants to know beside the codestream.
void describe(DcmItem& item, const FrameShape& shape) {
  const auto put = [&](const DcmTagKey& key, int value) {
    item.putAndInsertUint16(DcmTag(key, EVR_US), static_cast<Uint16>(value));
  };
  put(DCM_Columns, shape.columns), put(DCM_Rows, shape.rows), put(DCM_SamplesPerPixel, 1);
  put(DCM_BitsAllocated, shape.packing.allocated), put(DCM_BitsStored, shape.packing.stored);
  put(DCM_HighBit, shape.packing.highest), put(DCM_PixelRepresentation, shape.packing.is_signed ? 1 : 0);
  item.putAndInsertString(DcmTag(DCM_PhotometricInterpretation, EVR_CS), "MONOCHROME2");
}

template <class Sample>
StoredBits decode(std::span<const std::uint8_t> stream, const FrameShape& shape) {
  DcmDataset item;
  describe(item, shape);
  DcmPixelSequence sequence{DcmTag(DCM_PixelSequenceTag)};
  sequence.insert(new DcmPixelItem(DcmTag(DCM_PixelItemTag)));  // an empty offset table; the sequence owns it
  DcmOffsetList offsets;
  sequence.storeCompressedFrame(offsets, const_cast<Uint8*>(stream.data()), static_cast<Uint32>(stream.size()), 0);
  std::vector<Sample> samples(shape.pixels());
  const DJLSCodecParameter parameters;
  Uint32 fragment = 1;
  OFString colours;
  const OFCondition done =
      DJLSLosslessDecoder().decodeFrame(nullptr, &sequence, &parameters, &item, 0, fragment, samples.data(),
                                        static_cast<Uint32>(samples.size() * sizeof(Sample)), colours);
  if (done.bad()) throw Undecodable("a JPEG-LS codestream that cannot be decoded");
  return {samples.begin(), samples.end()};
}

}  // namespace

StoredBits decode_jpeg_ls(std::span<const std::uint8_t> stream, const FrameShape& shape) {
  const auto head = jpeg_head(stream);
  if (!head || !ends_with(stream, 0xd9)) throw Undecodable("a JPEG-LS codestream without beginning or end");
  if (head->columns != shape.columns || head->rows != shape.rows || head->components != 1)
    throw Undecodable("a JPEG-LS codestream of " + std::to_string(head->columns) + " x " + std::to_string(head->rows) +
                      " pixels in " + std::to_string(head->components) + " colours");
  if (shape.packing.allocated == 8) return decode<std::uint8_t>(stream, shape);
  if (shape.packing.allocated == 16) return decode<std::uint16_t>(stream, shape);
  throw Undecodable("a JPEG-LS image of " + std::to_string(shape.packing.allocated) + " bits");
}

}  // namespace cardiotwin::ingest
