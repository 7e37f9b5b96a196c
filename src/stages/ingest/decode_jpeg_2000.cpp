#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "codestreams.hpp"
#include "decoders.hpp"

namespace cardiotwin::ingest {
namespace {

/// The codestream in memory, as OpenJPEG reads it.
struct Source {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T read(void* buffer, OPJ_SIZE_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const std::size_t taken = std::min(count, source.bytes.size() - source.at);
  if (taken == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(buffer, source.bytes.data() + source.at, taken);
  source.at += taken;
  return taken;
}

OPJ_BOOL seek(OPJ_OFF_T to, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (to < 0 || static_cast<std::size_t>(to) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(to);
  return OPJ_TRUE;
}

OPJ_OFF_T skip(OPJ_OFF_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  return seek(static_cast<OPJ_OFF_T>(source.at) + count, user) ? count : -1;
}

/// A bare codestream, or one in the boxes of a JP2 file, which DICOM does not allow and some write.
OPJ_CODEC_FORMAT kind(std::span<const std::uint8_t> bytes) {
  return !bytes.empty() && bytes[0] == 0 ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K;
}

void note(const char*, void* doubts) { *static_cast<bool*>(doubts) = true; }

/// Codestream, image and decoder of OpenJPEG, and whether it warned.
class Decoder {
 public:
  explicit Decoder(std::span<const std::uint8_t> bytes) : source_{bytes} {
    opj_stream_set_read_function(stream_.get(), read);
    opj_stream_set_seek_function(stream_.get(), seek);
    opj_stream_set_skip_function(stream_.get(), skip);
    opj_stream_set_user_data(stream_.get(), &source_, nullptr);
    opj_stream_set_user_data_length(stream_.get(), bytes.size());
    opj_set_warning_handler(codec_.get(), note, &doubts_);
    opj_set_error_handler(codec_.get(), note, &doubts_);
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    opj_setup_decoder(codec_.get(), &parameters);
    opj_decoder_set_strict_mode(codec_.get(), OPJ_TRUE);
  }
  /// Null when there is none.
  const opj_image_t* head() {
    opj_image_t* image = nullptr;
    const bool read = opj_read_header(stream_.get(), codec_.get(), &image);
    image_.reset(image);
    return read && !doubts_ ? image : nullptr;
  }
  bool decode() {
    const bool done =
        opj_decode(codec_.get(), stream_.get(), image_.get()) && opj_end_decompress(codec_.get(), stream_.get());
    return done && !doubts_;
  }

 private:
  Source source_;
  bool doubts_ = false;
  std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)> stream_{opj_stream_default_create(OPJ_TRUE),
                                                                       opj_stream_destroy};
  std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)> codec_{opj_create_decompress(kind(source_.bytes)),
                                                                    opj_destroy_codec};
  std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)> image_{nullptr, opj_image_destroy};
};

/// Entropy-coded bytes hold no long run of zeros; OpenJPEG takes them for packets without content and skips what
/// follows.
bool has_hole(std::span<const std::uint8_t> bytes) {
  constexpr int block = 256;  // less than a sector of a disk
  const auto zeros = std::search_n(bytes.begin(), bytes.end(), block, 0);
  return zeros != bytes.end();
}

}  // namespace

StoredBits decode_jpeg_2000(std::span<const std::uint8_t> stream, FrameShape& shape) {
  if (!ends_with(stream, 0xd9)) throw Undecodable("a JPEG 2000 codestream without its end");
  if (has_hole(stream)) throw Undecodable("a JPEG 2000 codestream with a block of zeros");
  Decoder decoder(stream);
  const opj_image_t* const image = decoder.head();
  if (!image || image->numcomps < 1) throw Undecodable("a JPEG 2000 codestream that cannot be decoded");
  const auto columns = static_cast<int>(image->x1 - image->x0), rows = static_cast<int>(image->y1 - image->y0);
  const auto precision = static_cast<int>(image->comps[0].prec);
  if (columns != shape.columns || rows != shape.rows || image->numcomps != 1)
    throw Undecodable("a JPEG 2000 codestream of " + std::to_string(columns) + " x " + std::to_string(rows) +
                      " pixels in " + std::to_string(image->numcomps) + " colours");
  if (precision > shape.packing.allocated)
    throw Undecodable("a JPEG 2000 codestream of " + std::to_string(precision) + " bits");
  if (image->comps[0].sgnd && !shape.packing.is_signed)
    throw Undecodable("a JPEG 2000 codestream of signed numbers where the header promises unsigned ones");
  if (!decoder.decode()) throw Undecodable("a damaged JPEG 2000 codestream");
  const auto& plane = image->comps[0];
  if (!plane.data || std::size_t{plane.w} * plane.h != shape.pixels())
    throw Undecodable("a JPEG 2000 codestream whose plane is reduced");
  shape.packing.stored = precision, shape.packing.highest = precision - 1;
  return {plane.data, plane.data + shape.pixels()};
}

}  // namespace cardiotwin::ingest
