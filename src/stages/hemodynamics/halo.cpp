#include "halo.hpp"

#include <algorithm>

namespace cardiotwin::hemodynamics {

void Halo::put(const Scalars& field) { std::copy(field.begin(), field.end(), fem::LocalArray(work_).data()); }
void Halo::get(Scalars& field) { std::copy_n(fem::LocalArray(work_).data(), field.size(), field.begin()); }

void Halo::update(Scalars& field) {
  put(field);
  fem::Space::update_ghosts(work_);
  get(field);
}

void Halo::add(Scalars& field) {
  put(field);
  fem::Space::add_ghosts(work_);
  get(field);
}

void Halo::update(Vectors& field) {
  for (Scalars& component : field) update(component);
}

void Halo::add(Vectors& field) {
  for (Scalars& component : field) add(component);
}

std::vector<double> Halo::gather(const Scalars& field) {
  put(field);
  return space_->gather(work_);
}

std::vector<Vec3> Halo::gather(const Vectors& field) {
  const std::array<std::vector<double>, 3> parts{gather(field[0]), gather(field[1]), gather(field[2])};
  std::vector<Vec3> values(parts[0].size());
  for (std::size_t n = 0; n < values.size(); ++n) values[n] = {parts[0][n], parts[1][n], parts[2][n]};
  return values;
}

Scalars Halo::scatter(std::span<const double> values) const {
  Scalars field(space_->locals());
  for (std::size_t n = 0; n < field.size(); ++n) field[n] = values[space_->node()[n]];
  return field;
}

}  // namespace cardiotwin::hemodynamics
