/// Compressed pixels and deflated files: made by hand, and damaged ones of the shared data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/files.hpp"
#include "codestreams.hpp"
#include "decoders.hpp"
#include "inflate.hpp"
#include "pixels.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Stream = std::vector<std::uint8_t>;

/// Header and segments of an RLE stream.
Stream rle(const std::vector<Stream>& segments) {
  Stream stream(64);
  const auto put = [&](std::size_t n, std::size_t value) {
    for (std::size_t b = 0; b < 4; ++b) stream[4 * n + b] = static_cast<std::uint8_t>(value >> 8 * b);
  };
  put(0, segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    put(1 + s, stream.size());
    stream.insert(stream.end(), segments[s].begin(), segments[s].end());
  }
  return stream;
}

constexpr FrameShape four{2, 2, {}};

TEST(Rle, RunsAndLiteralsMakePixelsMostSignificantByteFirst) {
  // A run of four 0x12, then four literals; 0x80 is no operation.
  EXPECT_THAT(decode_rle(rle({{0xfd, 0x12}, {0x80, 0x03, 1, 2, 3, 4}}), four),
              ElementsAre(0x1201, 0x1202, 0x1203, 0x1204));
}

TEST(Rle, RefusesWhatDoesNotFillTheImageExactly) {
  const Stream high{0xfd, 0x12};
  for (const auto& low : {Stream{0xfe, 7}, Stream{0x03, 1, 2}, Stream{0xfc, 7}, Stream{0x01, 1, 2, 0x80}, Stream{}})
    EXPECT_THROW(decode_rle(rle({high, low}), four), Undecodable);
  EXPECT_THROW(decode_rle(rle({high}), four), Undecodable);
  EXPECT_THROW(decode_rle(Stream(10), four), Undecodable);
  Stream outside = rle({high, high});
  outside[8] = 0xff;  // where the second segment begins
  EXPECT_THROW(decode_rle(outside, four), Undecodable);
}

Stream item(const Stream& value) {
  Stream bytes{0xfe, 0xff, 0x00, 0xe0, static_cast<std::uint8_t>(value.size()), 0, 0, 0};
  bytes.insert(bytes.end(), value.begin(), value.end());
  return bytes;
}

std::vector<Stream> frames_in(const std::vector<Stream>& items, int frames) {
  Stream all;
  for (const auto& value : items) {
    const Stream bytes = item(value);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return codestreams({.tag = pixel_data, .encoding = {}, .undefined_length = true, .value = all}, frames);
}

TEST(Codestreams, FragmentsBelongToFrames) {
  const Stream first{0xff, 0xd8, 0xff, 1}, more{5, 6}, second{0xff, 0xd8, 0xff, 2};
  const Stream whole{0xff, 0xd8, 0xff, 1, 5, 6};
  EXPECT_THAT(frames_in({{}, first, more}, 1), ElementsAre(whole));
  EXPECT_THAT(frames_in({{}, first, second}, 2), ElementsAre(first, second));
  EXPECT_THAT(frames_in({{}, first, more, second}, 2), ElementsAre(whole, second));
  // Told apart by the offset table: the second frame begins 4 + 8 + 2 + 8 bytes after the first.
  EXPECT_THAT(frames_in({{0, 0, 0, 0, 22, 0, 0, 0}, first, more, more}, 2), ElementsAre(whole, more));
  EXPECT_THAT(frames_in({{}, first, more}, 3), testing::IsEmpty());
  EXPECT_THAT(frames_in({{}}, 1), testing::IsEmpty());
}

TEST(Codestreams, HeadAndTailOfAJpeg) {
  const Stream stream{0xff, 0xd8, 0xff, 0xc3, 0, 11, 12, 0, 20, 0, 30, 1, 1,    0x11, 0,
                      0xff, 0xda, 0,    8,    1, 1,  0,  1, 0,  0, 7,  7, 0xff, 0xd9};
  const auto head = jpeg_head(stream);
  ASSERT_TRUE(head);
  EXPECT_THAT((std::array{head->columns, head->rows, head->precision, head->components}), ElementsAre(30, 20, 12, 1));
  EXPECT_TRUE(head->usual_scan);
  for (std::size_t size = 0; size < 24; ++size) EXPECT_FALSE(jpeg_head(Bytes(stream).first(size))) << size;
  EXPECT_TRUE(ends_with(stream, 0xd9));
  EXPECT_FALSE(ends_with(Bytes(stream).first(stream.size() - 1), 0xd9));
  Stream padded = stream;
  padded.push_back(0xff);
  EXPECT_TRUE(ends_with(padded, 0xd9));
}

Stream deflated(const Stream& plain) {
  Stream packed(compressBound(plain.size()) + 64);
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<Bytef*>(plain.data()), stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data(), stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Inflate, ComesToAnEndOrSaysWhyNot) {
  const Stream plain(3'000'000, 42), packed = deflated(plain);
  const auto whole = inflate_raw(packed);
  EXPECT_EQ(whole.problem, "");
  EXPECT_EQ(whole.bytes, plain);
  EXPECT_THAT(inflate_raw(Bytes(packed).first(packed.size() - 1)).problem, HasSubstr("does not come to an end"));
  EXPECT_THAT(inflate_raw(Stream{0xff, 0xff, 0xff}).problem, HasSubstr("truncated or damaged"));
  const auto bomb = inflate_raw(deflated(Stream(largest_inflated + 1)));
  EXPECT_THAT(bomb.problem, HasSubstr("over 64 MiB"));
  EXPECT_EQ(bomb.bytes.size(), largest_inflated);
}

/// One compressed file of the shared data, its codestream damaged by `change`, and what the reader says.
class DamagedStream : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (test::shared_data().empty()) GTEST_SKIP() << "no shared data beside the project";
  }
  std::string verdict(const std::function<void(std::string& bytes, std::size_t begin, std::size_t end)>& change) {
    const auto source = test::shared_data() / "dicom-edge-cases/transfer-syntaxes-wg04" / GetParam();
    std::string bytes = io::read_file(source);
    const Parsed parsed = parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    const Bytes stream = fragments(*parsed.data.find(pixel_data)).at(1);
    const auto begin = static_cast<std::size_t>(reinterpret_cast<const char*>(stream.data()) - bytes.data());
    change(bytes, begin, begin + stream.size());
    std::ofstream(folder_.path() / "damaged.dcm", std::ios::binary) << bytes;
    const auto file = read_header(folder_.path() / "damaged.dcm");
    try {
      read_pixels(*file.facts, "damaged.dcm");
      return "accepted";
    } catch (const core::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.dcm"));
      return "refused";
    }
  }
  test::TemporaryFolder folder_;
};

TEST_P(DamagedStream, ABlockOfZerosAndAStreamThatStopsAreNoticed) {
  EXPECT_EQ(verdict([](std::string&, std::size_t, std::size_t) {}), "accepted");
  EXPECT_EQ(verdict([](std::string& b, std::size_t begin, std::size_t end) {
              std::fill(b.begin() + static_cast<std::ptrdiff_t>(begin + 2 * (end - begin) / 3),
                        b.begin() + static_cast<std::ptrdiff_t>(end), '\0');
            }),
            "refused");
  EXPECT_EQ(verdict([](std::string& b, std::size_t begin, std::size_t end) {
              const auto at = b.begin() + static_cast<std::ptrdiff_t>(begin + (end - begin) / 2);
              std::fill(at, at + std::min<std::ptrdiff_t>(2000, static_cast<std::ptrdiff_t>(end - begin) / 4), '\0');
            }),
            "refused");
}

INSTANTIATE_TEST_SUITE_P(EveryCoding, DamagedStream,
                         testing::Values("CT1_JPLL", "CT2_JPLL", "MR1_JPLL", "MR1_JPLY", "CT1_JLSL", "MR1_JLSL",
                                         "CT2_JLSN", "CT2_J2KR", "MR1_J2KI", "CT1_RLE", "MR1_RLE"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace cardiotwin::ingest
