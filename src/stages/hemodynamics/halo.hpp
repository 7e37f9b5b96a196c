#pragma once
/// Fields as plain arrays over the local nodes of a space (owned ones, then ghosts), and their exchange between ranks.

#include <array>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::hemodynamics {

using Scalars = std::vector<double>;
using Vectors = std::array<Scalars, 3>;  ///< component by component

/// One exchange buffer for all scalar fields of a space. All calls are collective.
class Halo {
 public:
  explicit Halo(const fem::Space& space) : space_(&space), work_(space.make_vector()) {}
  const fem::Space& space() const { return *space_; }

  /// Ghosts take their owners' values.
  void update(Scalars& field);
  void update(Vectors& field);
  /// Ghosts' contributions are added to their owners; ghosts are then zero.
  void add(Scalars& field);
  void add(Vectors& field);

  /// Node order on rank 0, empty elsewhere.
  std::vector<double> gather(const Scalars& field);
  /// Interlaced in node order on rank 0, empty elsewhere.
  std::vector<Vec3> gather(const Vectors& field);
  /// From node order, which every rank has. Local.
  Scalars scatter(std::span<const double> values) const;

  Scalars scalars() const { return Scalars(space_->locals(), 0.0); }
  Vectors vectors() const { return {scalars(), scalars(), scalars()}; }

 private:
  void put(const Scalars& field);
  void get(Scalars& field);
  const fem::Space* space_;
  fem::Vector work_;
};

}  // namespace cardiotwin::hemodynamics
