#include "triple_lines.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "voxels.hpp"

namespace cardiotwin::meshing {
namespace {

using Corners = std::array<std::int64_t, 4>;  ///< voxel numbers of a tetrahedron

/// What a point of a line is known by, in whatever tetrahedron it is found: the face (three voxels) and the two
/// decisions that vanish, or all four voxels and the three decisions.
using Key = std::array<std::int64_t, 7>;

/// A graph of points, each with the points it is joined to.
class Network {
 public:
  explicit Network(const ChamberField& field) : field_(field), grid_(field.geometry()) {}

  void add_cell(const Voxel& low);
  std::vector<Line> lines();

 private:
  struct End {
    Vec3 at{};
    Key key{};
  };
  double decision(int rank, std::int64_t voxel) const { return field_.samples(rank)[static_cast<std::size_t>(voxel)]; }
  Vec3 place(std::int64_t voxel) const {
    return centre_of(
        grid_, {voxel % grid_.size[0], voxel / grid_.size[0] % grid_.size[1], voxel / (grid_.size[0] * grid_.size[1])});
  }
  double decision_at(int rank, const Corners& tetrahedron, const Vec3& x) const;
  std::optional<End> on_face(const Corners& tetrahedron, int face, int i, int j) const;
  void add_line(const Corners& tetrahedron, int i, int j);
  std::int32_t number(const End& end);

  const ChamberField& field_;
  const artifacts::Geometry& grid_;
  std::map<Key, std::int32_t> numbers_;
  std::vector<Vec3> points_;
  std::vector<std::vector<std::int32_t>> beside_;
};

void Network::add_cell(const Voxel& low) {
  std::array<std::int64_t, 8> corner;
  for (int c = 0; c < 8; ++c) corner[c] = grid_.index(low[0] + (c & 1), low[1] + (c >> 1 & 1), low[2] + (c >> 2));
  std::array<int, 32> crossing{};
  int count = 0;
  for (int k = 0; k + 1 < field_.ranks(); ++k) {
    const bool first = decision(k, corner[0]) > 0;
    for (int c = 1; c < 8; ++c)
      if ((decision(k, corner[c]) > 0) != first) {
        crossing[count++] = k;
        break;
      }
  }
  if (count < 2) return;
  static constexpr int axes[6][3] = {{1, 2, 4}, {1, 4, 2}, {2, 1, 4}, {2, 4, 1}, {4, 1, 2}, {4, 2, 1}};
  for (const auto& [a, b, c] : axes) {
    const Corners tetrahedron{corner[0], corner[a], corner[a + b], corner[a + b + c]};
    for (int i = 0; i < count; ++i)
      for (int j = i + 1; j < count; ++j) add_line(tetrahedron, crossing[i], crossing[j]);
  }
}

/// Where both decisions vanish on the face opposite to a corner. Corners ascend, so both sides compute the same bits.
std::optional<Network::End> Network::on_face(const Corners& tetrahedron, int face, int i, int j) const {
  std::array<std::int64_t, 3> v;
  for (int c = 0, n = 0; c < 4; ++c)
    if (c != face) v[n++] = tetrahedron[c];
  Vec3 di, dj;
  for (int c = 0; c < 3; ++c) di[c] = decision(i, v[c]), dj[c] = decision(j, v[c]);
  Vec3 weight = core::cross(di, dj);
  const double sum = weight[0] + weight[1] + weight[2];
  if (sum == 0) return {};
  weight = (1 / sum) * weight;
  if (weight[0] < 0 || weight[1] < 0 || weight[2] < 0) return {};
  const Vec3 at = weight[0] * place(v[0]) + weight[1] * place(v[1]) + weight[2] * place(v[2]);
  return End{at, {v[0], v[1], v[2], -1, i, j, -1}};
}

/// The linear function on a tetrahedron, by the volumes that the point makes with its faces.
double Network::decision_at(int rank, const Corners& t, const Vec3& x) const {
  const Vec3 p[4] = {place(t[0]), place(t[1]), place(t[2]), place(t[3])};
  const Vec3 a = p[1] - p[0], b = p[2] - p[0], c = p[3] - p[0], d = x - p[0];
  const double whole = core::dot(core::cross(a, b), c);
  const double w1 = core::dot(core::cross(d, b), c) / whole, w2 = core::dot(core::cross(a, d), c) / whole,
               w3 = core::dot(core::cross(a, b), d) / whole;
  return (1 - w1 - w2 - w3) * decision(rank, t[0]) + w1 * decision(rank, t[1]) + w2 * decision(rank, t[2]) +
         w3 * decision(rank, t[3]);
}

void Network::add_line(const Corners& t, int i, int j) {
  std::array<std::optional<End>, 2> ends;
  int found = 0;
  for (int face = 0; face < 4 && found < 2; ++face)
    if (auto end = on_face(t, face, i, j)) ends[found++] = end;
  if (found < 2) return;
  // The part on which no earlier region, but i itself, has taken the place.
  double from = 0, to = 1;
  int cut_from = -1, cut_to = -1;
  for (int m = 0; m < j; ++m) {
    if (m == i) continue;
    const double a = decision_at(m, t, ends[0]->at), b = decision_at(m, t, ends[1]->at);
    if (a > 0 && b > 0) return;
    if (a <= 0 && b <= 0) continue;
    const double root = a / (a - b);
    if (a > 0 && root > from) from = root, cut_from = m;
    if (b > 0 && root < to) to = root, cut_to = m;
  }
  if (from >= to) return;
  struct Stop {
    double at;
    int decision;  ///< that vanishes there too; -1 at a face
    bool operator<(const Stop& other) const { return at < other.at; }
  };
  std::vector<Stop> stops{{from, cut_from}, {to, cut_to}};
  const auto point = [&](double at) { return ends[0]->at + at * (ends[1]->at - ends[0]->at); };
  // Later decisions end on this line, where no one before them has the place.
  for (int m = j + 1; m + 1 < field_.ranks(); ++m) {
    const double a = decision_at(m, t, ends[0]->at), b = decision_at(m, t, ends[1]->at);
    if ((a > 0) == (b > 0)) continue;
    const double root = a / (a - b);
    bool free = root > from && root < to;
    for (int l = 0; l < m && free; ++l) free = l == i || l == j || decision_at(l, t, point(root)) <= 0;
    if (free) stops.push_back({root, m});
  }
  std::sort(stops.begin(), stops.end());
  std::int32_t before = -1;
  for (const auto& [at, m] : stops) {
    std::array<std::int64_t, 3> three{i, j, m};
    std::ranges::sort(three);
    const std::int32_t here = m < 0 ? number(at <= 0 ? *ends[0] : *ends[1])
                                    : number({point(at), {t[0], t[1], t[2], t[3], three[0], three[1], three[2]}});
    if (before >= 0 && before != here) beside_[before].push_back(here), beside_[here].push_back(before);
    before = here;
  }
}

std::int32_t Network::number(const End& end) {
  const auto [entry, is_new] = numbers_.try_emplace(end.key, static_cast<std::int32_t>(points_.size()));
  if (is_new) points_.push_back(end.at), beside_.emplace_back();
  return entry->second;
}

std::vector<Line> Network::lines() {
  std::vector<Line> result;
  std::vector<std::vector<char>> used(beside_.size());
  for (std::size_t p = 0; p < beside_.size(); ++p) used[p].resize(beside_[p].size());
  const auto walk = [&](std::int32_t start, std::size_t way) {
    Line line;
    line.points.push_back(points_[start]);
    std::int32_t here = start;
    while (true) {
      used[here][way] = 1;
      const std::int32_t next = beside_[here][way];
      for (std::size_t back = 0; back < beside_[next].size(); ++back)
        if (beside_[next][back] == here && !used[next][back]) {
          used[next][back] = 1;
          break;
        }
      if (next == start && beside_[start].size() == 2) {
        line.closed = true;
        return line;
      }
      line.points.push_back(points_[next]);
      here = next;
      if (beside_[here].size() != 2) return line;
      way = used[here][0] ? 1 : 0;
    }
  };
  for (const bool corners : {true, false})
    for (std::size_t p = 0; p < beside_.size(); ++p) {
      if ((beside_[p].size() != 2) != corners) continue;
      for (std::size_t way = 0; way < beside_[p].size(); ++way)
        if (!used[p][way]) result.push_back(walk(static_cast<std::int32_t>(p), way));
    }
  return result;
}

}  // namespace

std::vector<Line> triple_lines(const ChamberField& field) {
  Network network(field);
  const auto& size = field.geometry().size;
  for (std::int64_t k = 0; k + 1 < size[2]; ++k)
    for (std::int64_t j = 0; j + 1 < size[1]; ++j)
      for (std::int64_t i = 0; i + 1 < size[0]; ++i) network.add_cell({i, j, k});
  return network.lines();
}

void relax(Line& line, int sweeps) {
  const std::size_t n = line.points.size();
  if (n < 3) return;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    const std::vector<Vec3> before = line.points;
    for (std::size_t p = line.closed ? 0 : 1; p < (line.closed ? n : n - 1); ++p)
      line.points[p] = 0.5 * before[p] + 0.25 * (before[(p + n - 1) % n] + before[(p + 1) % n]);
  }
}

double length(const Line& line) {
  double sum = 0;
  for (std::size_t p = 1; p < line.points.size(); ++p) sum += core::norm(line.points[p] - line.points[p - 1]);
  return line.closed ? sum + core::norm(line.points.front() - line.points.back()) : sum;
}

Line resample(const Line& line, double step_mm) {
  const double whole = length(line);
  const int pieces = std::max(line.closed ? 3 : 1, static_cast<int>(std::lround(whole / step_mm)));
  const std::size_t n = line.points.size(), sides = line.closed ? n : n - 1;
  Line result;
  result.closed = line.closed;
  std::size_t side = 0;
  double passed = 0;  // at the beginning of `side`
  for (int piece = 0; piece <= pieces - (line.closed ? 1 : 0); ++piece) {
    const double wanted = whole * piece / pieces;
    double here = core::norm(line.points[(side + 1) % n] - line.points[side]);
    while (passed + here < wanted && side + 1 < sides) {
      passed += here, ++side;
      here = core::norm(line.points[(side + 1) % n] - line.points[side]);
    }
    const double t = here > 0 ? std::clamp((wanted - passed) / here, 0.0, 1.0) : 0;
    result.points.push_back(line.points[side] + t * (line.points[(side + 1) % n] - line.points[side]));
  }
  if (!line.closed) result.points.front() = line.points.front(), result.points.back() = line.points.back();
  return result;
}

std::vector<Line> without_slivers(std::vector<Line> lines, double edge_mm) {
  std::erase_if(lines, [&](const Line& line) { return length(line) < (line.closed ? 4 : 1) * edge_mm; });
  std::ranges::stable_sort(lines, {}, [](const Line& line) { return length(line); });
  const auto beside = [&](const Vec3& p, std::size_t other) {
    return std::ranges::any_of(lines[other].points, [&](const Vec3& q) { return core::norm(p - q) < 0.5 * edge_mm; });
  };
  std::vector<Line> kept;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const Line& line = lines[l];
    int asked = 0, close = 0;
    for (const Vec3& p : line.points) {
      if (!line.closed && std::min(core::norm(p - line.points.front()), core::norm(p - line.points.back())) < edge_mm)
        continue;  // lines come together at their ends
      ++asked;
      for (std::size_t other = l + 1; other < lines.size(); ++other)
        if (beside(p, other)) {
          ++close;
          break;
        }
    }
    constexpr double too_much = 0.2;
    if (close <= too_much * asked) kept.push_back(line);
  }
  return kept;
}

}  // namespace cardiotwin::meshing
