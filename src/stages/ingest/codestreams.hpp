#pragma once
/// Compressed pixels frame by frame (PS3.5 A.4), and what the head and tail of a codestream promise.

#include <string>
#include <vector>

#include "dicom_parser.hpp"
#include "transfer_syntax.hpp"

namespace cardiotwin::ingest {

/// The codestream of each frame, put together from the fragments of `pixels`. Empty when fragments cannot be told
/// apart by frame.
std::vector<std::vector<std::uint8_t>> codestreams(const Element& pixels, int frames);

/// What the frame and scan headers of a JPEG or JPEG-LS codestream say (ITU-T T.81 B.2, T.87 C.2).
struct JpegHead {
  int columns = 0, rows = 0, precision = 0, components = 0;
  bool usual_scan = true;  ///< spectral selection 0 to 63 of sequential JPEG; some encoders write zeros, without effect
};
/// Null when the markers do not lead through one frame header to a scan.
std::optional<JpegHead> jpeg_head(Bytes stream);

/// Does the stream end with `marker` (EOI, EOC), zeros or one byte of padding aside? One that was cut short does not,
/// and decoders make up the rest of the picture.
bool ends_with(Bytes stream, std::uint8_t marker);

}  // namespace cardiotwin::ingest
