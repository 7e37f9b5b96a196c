#include "label_heart.hpp"

#include <algorithm>

#include "cardiotwin/imaging/label_file.hpp"

namespace cardiotwin::phantom {
namespace {

constexpr std::array<Organ, artifacts::label_count> organ_of{
    Organ::none,        Organ::lv_blood,     Organ::lv_wall, Organ::rv_blood,
    Organ::left_atrium, Organ::right_atrium, Organ::aorta,   Organ::pulmonary_artery};

}  // namespace

LabelHeart::LabelHeart(const std::filesystem::path& file, double thin_wall_mm) {
  const artifacts::Labels labels = imaging::read_chamber_labels(file);
  geometry_ = labels.geometry;
  organs_.resize(static_cast<std::size_t>(geometry_.voxels()));
  for (std::size_t v = 0; v < organs_.size(); ++v) organs_[v] = organ_of[labels.labels[v]];
  std::array<std::int64_t, 3> low = geometry_.size, high{0, 0, 0}, reach;
  for (int a = 0; a < 3; ++a) reach[a] = static_cast<std::int64_t>(thin_wall_mm / geometry_.spacing[a]);
  const auto& size = geometry_.size;
  std::vector<Organ> grown = organs_;
  for (std::int64_t k = 0; k < size[2]; ++k)
    for (std::int64_t j = 0; j < size[1]; ++j)
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (organs_[geometry_.index(i, j, k)] == Organ::none) continue;
        const std::array<std::int64_t, 3> at{i, j, k};
        for (int a = 0; a < 3; ++a) low[a] = std::min(low[a], at[a]), high[a] = std::max(high[a], at[a]);
        for (std::int64_t w = std::max<std::int64_t>(0, k - reach[2]); w <= std::min(size[2] - 1, k + reach[2]); ++w)
          for (std::int64_t v = std::max<std::int64_t>(0, j - reach[1]); v <= std::min(size[1] - 1, j + reach[1]); ++v)
            for (std::int64_t u = std::max<std::int64_t>(0, i - reach[0]); u <= std::min(size[0] - 1, i + reach[0]);
                 ++u)
              if (Organ& o = grown[geometry_.index(u, v, w)]; o == Organ::none) o = Organ::thin_wall;
      }
  organs_ = std::move(grown);
  Vec3 middle;
  for (int a = 0; a < 3; ++a) middle[a] = 0.5 * static_cast<double>(low[a] + high[a]);
  centre_ = geometry_.to_world(middle);
}

Organ LabelHeart::organ(const Vec3& patient_point) const {
  const Vec3 at = geometry_.to_index(patient_point);
  std::array<std::int64_t, 3> voxel;
  for (int a = 0; a < 3; ++a) {
    voxel[a] = std::llround(at[a]);
    if (voxel[a] < 0 || voxel[a] >= geometry_.size[a]) return Organ::none;
  }
  return organs_[geometry_.index(voxel[0], voxel[1], voxel[2])];
}

}  // namespace cardiotwin::phantom
