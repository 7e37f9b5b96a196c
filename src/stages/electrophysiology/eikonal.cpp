#include "eikonal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include "cardiotwin/fem/element.hpp"
#include "fibre.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

constexpr double never = std::numeric_limits<double>::infinity();
/// Smaller improvements are not passed on: points that depend on each other would do so for ever. Far below the error
/// of the discretisation even when a hundred of them add up.
constexpr double news_ms = 1e-4;

/// A cell as the wave sees it. K has the row sums zero, so that what is beside its diagonal is all of it: K_01 K_02
/// K_03 K_12 K_13 K_23 [1/ms^2]. One line of the cache.
struct alignas(64) Medium {
  mesh::Cell points;
  std::array<double, 6> k;
};
constexpr int others[4][3] = {{1, 2, 3}, {2, 3, 0}, {3, 0, 1}, {0, 1, 2}};
/// Where K_ij stands.
constexpr int place[4][4] = {{-1, 0, 1, 2}, {0, -1, 3, 4}, {1, 3, -1, 5}, {2, 4, 5, -1}};

Medium medium(const mesh::TetMesh& mesh, const mesh::Cell& cell, const Vec3& fibre, const Speed& speed) {
  const fem::AffineCell affine =
      fem::affine_cell(mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]);
  const double across = speed.across * speed.across, extra = speed.along * speed.along - across;
  Medium m{cell, {}};
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j) {
      const Vec3 &gi = affine.gradients[i], &gj = affine.gradients[j];
      m.k[place[i][j]] = across * dot(gi, gj) + extra * dot(gi, fibre) * dot(gj, fibre);
    }
  return m;
}

// In what follows the wave goes to d from p, with or without the help of q and r. Times count from the arrival at p,
// and `pq` is K between p and q. A plane wave that has the times of a face is at d at the later root of a quadratic;
// the shares of the face's points in the place that it comes from are then sums of K T. The way to d is convex over the
// face, so where a share is negative, the least is found without that point. Where no wave can have the times, and
// where one of them is infinite, root and shares are not numbers, and what is left is looked at.

/// The later root t of a t^2 - 2 b t + c = 0.
double later_root(double a, double b, double c) { return (b + std::sqrt(b * b - a * c)) / a; }

/// From p through the triangle p, q, d.
double through_triangle(double pq, double pd, double qd, double at_q) {
  const double pp = -(pq + pd), qq = -(pq + qd);
  const double t = later_root(-(pd + qd), -qd * at_q, qq * at_q * at_q - 1);
  if (pq * t + qq * (t - at_q) >= 0) return pp * t + pq * (t - at_q) >= 0 ? t : never;
  return 1 / std::sqrt(pq * qd / qq - pd);  // along the edge; q eliminated
}

/// From p through the cell.
double through_cell(double pq, double pr, double pd, double qr, double qd, double rd, double at_q, double at_r) {
  const double pp = -(pq + pr + pd), qq = -(pq + qr + qd), rr = -(pr + qr + rd);
  const double t = later_root(-(pd + qd + rd), -(qd * at_q + rd * at_r),
                              qq * at_q * at_q + 2 * qr * at_q * at_r + rr * at_r * at_r - 1);
  const bool from_p = pp * t + pq * (t - at_q) + pr * (t - at_r) >= 0;
  const bool from_q = pq * t + qq * (t - at_q) + qr * (t - at_r) >= 0;
  const bool from_r = pr * t + qr * (t - at_q) + rr * (t - at_r) >= 0;
  if (from_q && from_r) return from_p ? t : never;
  double least = never;
  if (!from_r) least = through_triangle(pq - pr * qr / rr, pd - pr * rd / rr, qd - qr * rd / rr, at_q);  // r eliminated
  if (!from_q) least = std::min(least, through_triangle(pr - pq * qr / qq, pd - pq * qd / qq, rd - qr * qd / qq, at_r));
  return least;
}

class Arrival {
 public:
  Arrival(const mesh::TetMesh& mesh, std::span<const Vec3> fibres, std::span<const Speed> speed)
      : time_(mesh.points.size(), never), first_(mesh.points.size() + 1, 0) {
    for (std::size_t c = 0; c < mesh.cells.size(); ++c)
      if (speed[c].along > 0 && speed[c].across > 0)
        media_.push_back(medium(mesh, mesh.cells[c], cell_fibre(fibres, mesh.cells[c]), speed[c]));
    for (const Medium& m : media_)
      for (std::int32_t p : m.points) ++first_[p + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    around_.resize(first_.back());
    std::vector<std::int32_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t c = 0; c < media_.size(); ++c)
      for (std::int32_t p : media_[c].points) around_[next[p]++] = static_cast<std::int32_t>(c);
  }

  void reach(std::int32_t point, double time) {
    if (!(time < time_[point] - news_ms)) return;
    time_[point] = time;
    front_.push({time, point});
  }

  /// Until no point has news for its neighbours.
  void spread() {
    while (!front_.empty()) {
      const auto [time, point] = front_.top();
      front_.pop();
      if (time > time_[point]) continue;
      for (auto i = first_[point]; i < first_[point + 1]; ++i) pass_on(media_[around_[i]], point);
    }
  }

  std::vector<double> times() const {
    std::vector<double> times = time_;
    std::replace(times.begin(), times.end(), never, -1.0);
    return times;
  }

 private:
  /// From one point of a cell to its three others.
  void pass_on(const Medium& m, std::int32_t from) {
    const auto p = static_cast<int>(std::find(m.points.begin(), m.points.end(), from) - m.points.begin());
    const double start = time_[from];
    for (int i = 0; i < 3; ++i) {
      const int q = others[p][i], r = others[p][(i + 1) % 3], d = others[p][(i + 2) % 3];
      const double at_q = time_[m.points[q]] - start, at_r = time_[m.points[r]] - start;
      // Nothing comes earlier than the face that it comes from.
      if (time_[m.points[d]] - start <= std::min({0.0, at_q, at_r})) continue;
      const auto k = [&](int a, int b) { return m.k[place[a][b]]; };
      reach(m.points[d], start + through_cell(k(p, q), k(p, r), k(p, d), k(q, r), k(q, d), k(r, d), at_q, at_r));
    }
  }

  std::vector<Medium> media_;
  std::vector<double> time_;
  std::vector<std::int32_t> first_, around_;  ///< media at point p: around_[first_[p]] .. around_[first_[p + 1] - 1]
  using Event = std::pair<double, std::int32_t>;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> front_;
};

}  // namespace

std::vector<Source> sources_of(std::span<const Stimulus> stimuli, std::span<const double> latency_ms) {
  std::vector<Source> sources;
  for (std::size_t n = 0; n < stimuli.size(); ++n) {
    const double start = stimuli[n].start_ms + (latency_ms.empty() ? 0 : latency_ms[n]);
    for (std::size_t k = 0; k < stimuli[n].points.size(); ++k)
      sources.push_back({stimuli[n].points[k], start + stimuli[n].delay_ms[k]});
  }
  return sources;
}

std::vector<double> first_arrival(const mesh::TetMesh& mesh, std::span<const Vec3> fibres, std::span<const Speed> speed,
                                  std::span<const Source> sources) {
  Arrival arrival(mesh, fibres, speed);
  for (const Source& s : sources) arrival.reach(s.point, s.time_ms);
  arrival.spread();
  return arrival.times();
}

}  // namespace cardiotwin::electrophysiology
