#include "dicom_writer.hpp"

#include <gdcmAttribute.h>
#include <gdcmWriter.h>

#include <cmath>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::phantom {
namespace {

template <std::uint16_t group, std::uint16_t element, class T>
void put(gdcm::DataSet& data, const T& value) {
  gdcm::Attribute<group, element> attribute;
  attribute.SetValue(value);
  data.Replace(attribute.GetAsDataElement());
}

template <std::uint16_t group, std::uint16_t element, class... T>
void put_all(gdcm::DataSet& data, T... values) {
  const std::common_type_t<T...> list[] = {values...};
  gdcm::Attribute<group, element> attribute;
  attribute.SetValues(list);
  data.Replace(attribute.GetAsDataElement());
}

/// A decimal string holds 16 characters; six decimals keep positions to 1e-6 mm.
double decimal(double value) { return std::round(value * 1e6) / 1e6 + 0.0; }

std::string uid(std::uint64_t key) { return "2.25." + std::to_string(key); }

void describe(gdcm::DataSet& data, const MrImage& image) {
  static const std::string image_type[] = {"ORIGINAL", "PRIMARY", "M", "PHANTOM"};
  gdcm::Attribute<0x0008, 0x0008> type;
  gdcm::CSComp parts[4];
  for (int n = 0; n < 4; ++n) parts[n] = image_type[n];
  type.SetValues(parts, 4);
  data.Replace(type.GetAsDataElement());
  put<0x0008, 0x0016>(data,
                      gdcm::UIComp(image.modality == "CT" ? "1.2.840.10008.5.1.4.1.1.2" : "1.2.840.10008.5.1.4.1.1.4"));
  put<0x0008, 0x0018>(data, gdcm::UIComp(uid(image.instance_key)));
  put<0x0008, 0x0020>(data, gdcm::DAComp("20250102"));
  put<0x0008, 0x0022>(data, gdcm::DAComp("20250102"));
  put<0x0008, 0x0060>(data, gdcm::CSComp(image.modality));
  put<0x0008, 0x0070>(data, gdcm::LOComp("cardiotwin"));
  put<0x0008, 0x1090>(data, gdcm::LOComp("phantom"));
  put<0x0008, 0x1030>(data, gdcm::LOComp("SYNTHETIC HEART"));
  put<0x0008, 0x103e>(data, gdcm::LOComp(image.series_description));
  put<0x0010, 0x0010>(data, gdcm::PNComp(image.patient_name));
  put<0x0010, 0x0020>(data, gdcm::LOComp(image.patient_id));
  if (image.modality == "MR") put<0x0018, 0x0023>(data, gdcm::CSComp("2D"));
  put<0x0018, 0x5100>(data, gdcm::CSComp("HFS"));
  put<0x0020, 0x000d>(data, gdcm::UIComp(uid(image.study_key)));
  put<0x0020, 0x000e>(data, gdcm::UIComp(uid(image.series_key)));
  put<0x0020, 0x0052>(data, gdcm::UIComp(uid(image.study_key + 1)));
  put<0x0020, 0x0011>(data, image.series_number);
  put<0x0020, 0x0013>(data, image.instance_number);
}

void place(gdcm::DataSet& data, const MrImage& image) {
  const auto& [r, c] = std::pair(image.row_direction, image.column_direction);
  put<0x0018, 0x0050>(data, image.slice_thickness_mm);
  put<0x0018, 0x0088>(data, image.slice_thickness_mm);
  if (image.modality == "MR") {
    put<0x0018, 0x1060>(data, decimal(image.trigger_time_ms));
    put<0x0018, 0x1062>(data, static_cast<int>(std::lround(image.interval_ms)));
    put<0x0018, 0x1088>(data, static_cast<int>(std::lround(60000.0 / image.interval_ms)));
    put<0x0018, 0x1090>(data, image.phases);
  }
  put_all<0x0020, 0x0032>(data, decimal(image.position[0]), decimal(image.position[1]), decimal(image.position[2]));
  put_all<0x0020, 0x0037>(data, r[0], r[1], r[2], c[0], c[1], c[2]);
  put_all<0x0028, 0x0030>(data, image.pixel_spacing_mm, image.pixel_spacing_mm);
}

void fill(gdcm::DataSet& data, const MrImage& image) {
  put<0x0028, 0x0002>(data, std::uint16_t{1});
  put<0x0028, 0x0004>(data, gdcm::CSComp("MONOCHROME2"));
  put<0x0028, 0x0010>(data, image.rows);
  put<0x0028, 0x0011>(data, image.columns);
  put<0x0028, 0x0100>(data, std::uint16_t{16});
  put<0x0028, 0x0101>(data, std::uint16_t{16});
  put<0x0028, 0x0102>(data, std::uint16_t{15});
  put<0x0028, 0x0103>(data, std::uint16_t{1});
  put<0x0028, 0x1052>(data, image.intercept);
  put<0x0028, 0x1053>(data, image.slope);
  gdcm::DataElement pixels(gdcm::Tag(0x7fe0, 0x0010));
  pixels.SetVR(gdcm::VR::OW);
  pixels.SetByteValue(reinterpret_cast<const char*>(image.pixels.data()),
                      static_cast<std::uint32_t>(image.pixels.size() * sizeof(std::int16_t)));
  data.Replace(pixels);
}

}  // namespace

void write_dicom(const std::filesystem::path& path, const MrImage& image) {
  gdcm::Writer writer;
  gdcm::File& file = writer.GetFile();
  describe(file.GetDataSet(), image);
  place(file.GetDataSet(), image);
  fill(file.GetDataSet(), image);
  file.GetHeader().SetDataSetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
  writer.SetFileName(path.c_str());
  if (!writer.Write())
    core::fail_input({.where = path.string(),
                      .expected = "a file that can be written",
                      .found = "an error of the file system",
                      .remedy = "check that the folder exists, is writable and that the disk is not full"});
}

}  // namespace cardiotwin::phantom
