#include "kernel.hpp"

#include <limits>
#include <numbers>

// The packs of a clone never cross a call: everything below `evaluate` is inlined into it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CARDIOTWIN_CLONES __attribute__((target_clones("arch=x86-64-v3", "default"), flatten))
#else
#define CARDIOTWIN_CLONES
#endif

namespace cardiotwin::mechanics {
namespace {

using Vector = std::array<Pack, 3>;
using Tensor = std::array<Vector, 3>;
using Voigt = std::array<Pack, 6>;
using Stiffness = std::array<Voigt, 6>;

inline constexpr int first[6] = {0, 1, 2, 1, 0, 0}, second[6] = {0, 1, 2, 2, 2, 1};

/// Gradients of the displacement's functions from those of the barycentric coordinates.
template <int N>
inline void shape_gradients(const Point& point, const std::array<Vector, 4>& g, std::array<Vector, N>& gradient) {
  if constexpr (N == 4) {
    gradient = g;
    return;
  }
  static constexpr int edge[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  for (int d = 0; d < 3; ++d) {
    for (int a = 0; a < 4; ++a) gradient[a][d] = (4 * point.lambda[a] - 1) * g[a][d];
    for (int e = 0; e < 6; ++e)
      gradient[4 + e][d] =
          4 * point.lambda[edge[e][0]] * g[edge[e][1]][d] + 4 * point.lambda[edge[e][1]] * g[edge[e][0]][d];
  }
}

template <std::size_t N>
inline Tensor deformation(const std::array<Vector, N>& position, const std::array<Vector, N>& gradient) {
  Tensor f;
  for (int i = 0; i < 3; ++i)
    for (int d = 0; d < 3; ++d) {
      f[i][d] = position[0][i] * gradient[0][d];
      for (std::size_t a = 1; a < N; ++a) f[i][d] += position[a][i] * gradient[a][d];
    }
  return f;
}

inline Pack determinant(const Tensor& f) {
  return f[0][0] * (f[1][1] * f[2][2] - f[1][2] * f[2][1]) - f[0][1] * (f[1][0] * f[2][2] - f[1][2] * f[2][0]) +
         f[0][2] * (f[1][0] * f[2][1] - f[1][1] * f[2][0]);
}

/// C in Voigt order, shear NOT doubled.
inline Voigt cauchy_green(const Tensor& f) {
  Voigt c;
  for (int v = 0; v < 6; ++v)
    c[v] = f[0][first[v]] * f[0][second[v]] + f[1][first[v]] * f[1][second[v]] + f[2][first[v]] * f[2][second[v]];
  return c;
}

inline Voigt green_strain(const Voigt& c) {
  return {0.5 * (c[0] - 1), 0.5 * (c[1] - 1), 0.5 * (c[2] - 1), c[3], c[4], c[5]};
}

inline Voigt inverse(const Voigt& c, const Pack& det) {
  const Pack r = 1 / det;
  return {(c[1] * c[2] - c[3] * c[3]) * r, (c[0] * c[2] - c[4] * c[4]) * r, (c[0] * c[1] - c[5] * c[5]) * r,
          (c[4] * c[5] - c[0] * c[3]) * r, (c[5] * c[3] - c[1] * c[4]) * r, (c[4] * c[3] - c[2] * c[5]) * r};
}

/// Entry (v, w) of C^-1 (.) C^-1 : (C^-1_ik C^-1_jl + C^-1_il C^-1_jk) / 2.
inline Pack symmetric_product(const Voigt& inv, int v, int w) {
  static constexpr int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
  const int i = first[v], j = second[v], k = first[w], l = second[w];
  return 0.5 * (inv[voigt[i][k]] * inv[voigt[j][l]] + inv[voigt[i][l]] * inv[voigt[j][k]]);
}

struct Law {
  Voigt stress;
  Stiffness stiffness;
  Voigt pressure;  ///< J C^-1 = dS/dp
  Pack j;
};

inline void rescale(Response<Pack>& r, const Pack& scale) {
  for (auto& stress : r.stress) stress *= scale;
  for (auto& row : r.stiffness)
    for (auto& entry : row) entry *= scale;
}

/// The part of a law that takes the whole strain instead of the isochoric one; false when there is none.
template <class M>
inline bool whole_strain(const M&, const Voigt&, Response<Pack>&) {
  return false;
}
inline bool whole_strain(const HolzapfelOgden& m, const Voigt& c, Response<Pack>& r) {
  if (!m.whole_fibres) return false;
  for (auto& stress : r.stress) stress = constant<Pack>(0);
  for (auto& row : r.stiffness) row.fill(constant<Pack>(0));
  add_fibres(m, green_strain(c), r);
  return true;
}

/// The passive law with its isochoric split and the volumetric part.
template <class M>
inline void passive(const M& material, const Pack& scale, double kappa, const Pack& p, const Tensor& f, const Voigt& c,
                    bool tangent, Law& law) {
  const Pack j = determinant(f), g = inverse_two_thirds(j);
  const Voigt inv = inverse(c, j * j);
  Voigt iso;
  for (int v = 0; v < 6; ++v) iso[v] = v < 3 ? 0.5 * (g * c[v] - 1) : g * c[v];
  Response<Pack> r;
  respond(material, iso, r);
  rescale(r, scale);

  const Voigt doubled{c[0], c[1], c[2], 2 * c[3], 2 * c[4], 2 * c[5]};
  Pack sc = r.stress[0] * doubled[0];
  for (int v = 1; v < 6; ++v) sc += r.stress[v] * doubled[v];
  const Pack hydro = (p + kappa * (j - 1)) * j;
  law.j = j;
  Voigt split;  // isochoric stress
  for (int v = 0; v < 6; ++v) {
    split[v] = g * (r.stress[v] - sc * (1.0 / 3) * inv[v]);
    law.stress[v] = split[v] + hydro * inv[v];
    law.pressure[v] = j * inv[v];
  }
  Response<Pack> whole;  // of parts that are not split
  const bool unsplit = whole_strain(material, c, whole);
  if (unsplit) {
    rescale(whole, scale);
    for (int v = 0; v < 6; ++v) law.stress[v] += whole.stress[v];
  }
  if (!tangent) return;

  Voigt dc;  // stiffness applied to C
  for (int v = 0; v < 6; ++v) {
    dc[v] = r.stiffness[v][0] * doubled[0];
    for (int w = 1; w < 6; ++w) dc[v] += r.stiffness[v][w] * doubled[w];
  }
  Pack cdc = dc[0] * doubled[0];
  for (int v = 1; v < 6; ++v) cdc += dc[v] * doubled[v];
  const Pack gg = g * g;
  const Pack dyad = gg * cdc * (1.0 / 9) - (2.0 / 9) * g * sc + hydro + kappa * j * j;
  const Pack product = (2.0 / 3) * g * sc - 2 * hydro;
  for (int v = 0; v < 6; ++v)
    for (int w = v; w < 6; ++w) {
      law.stiffness[v][w] = gg * (r.stiffness[v][w] - (1.0 / 3) * (inv[v] * dc[w] + dc[v] * inv[w])) -
                            (2.0 / 3) * (split[v] * inv[w] + inv[v] * split[w]) + dyad * inv[v] * inv[w] +
                            product * symmetric_product(inv, v, w);
      if (unsplit) law.stiffness[v][w] += whole.stiffness[v][w];
      law.stiffness[w][v] = law.stiffness[v][w];
    }
}

/// Rows of B for one node: dE (shear doubled) = B du.
inline void strain_displacement(const Tensor& f, const Vector& g, std::array<Vector, 6>& b) {
  for (int i = 0; i < 3; ++i) {
    for (int v = 0; v < 3; ++v) b[v][i] = f[i][v] * g[v];
    for (int v = 3; v < 6; ++v) b[v][i] = f[i][first[v]] * g[second[v]] + f[i][second[v]] * g[first[v]];
  }
}

template <int N>
inline void add_forces(const std::array<std::array<Vector, 6>, N>& b, const Law& law, const Pack& w,
                       ElementResult<N>& r) {
  for (int a = 0; a < N; ++a)
    for (int i = 0; i < 3; ++i) {
      Pack sum = b[a][0][i] * law.stress[0];
      for (int v = 1; v < 6; ++v) sum += b[a][v][i] * law.stress[v];
      r.force[a][i] += w * sum;
    }
}

/// The second equation and its derivative by the pressure.
template <int N>
inline void add_dilation(const Tissue& tissue, const Point& point, const std::array<Vector, 4>& g, const Pack& p,
                         const ElementState<N>& state, double tau_scale, const Law& law, const Pack& w, bool tangent,
                         ElementResult<N>& r) {
  Pack excess = law.j - 1, by_pressure = constant<Pack>(0);
  if (tissue.bulk_modulus > 0) {
    const Pack x = p * (1 / tissue.bulk_modulus), root = square_root(1 + x * x);
    excess -= x + root - 1;
    by_pressure = (1 + x / root) * (1 / tissue.bulk_modulus);
  }
  for (int q = 0; q < 4; ++q) {
    r.dilation[q] += w * point.lambda[q] * excess;
    if (tangent && tissue.bulk_modulus > 0)
      for (int s = 0; s < 4; ++s) r.compliance[4 * q + s] -= w * (point.lambda[q] * point.lambda[s]) * by_pressure;
  }
  if constexpr (N == 4) {
    // All points share the volume: w / weight.
    const Pack h2 = each(w * (6 * std::numbers::sqrt2 / point.weight), [](double v) { return std::cbrt(v * v); });
    const Pack factor = w * h2 * tau_scale;
    for (int q = 0; q < 4; ++q)
      for (int s = 0; s < 4; ++s) {
        const Pack entry = factor * (g[q][0] * g[s][0] + g[q][1] * g[s][1] + g[q][2] * g[s][2]);
        r.dilation[q] -= entry * state.p[s];
        if (tangent) r.compliance[4 * q + s] -= entry;
      }
  }
}

template <int N>
inline void add_stiffness(const Point& point, const std::array<Vector, N>& gradient,
                          const std::array<std::array<Vector, 6>, N>& b, const Law& law, const Pack& w,
                          ElementResult<N>& r) {
  int pair = 0;
  for (int n = 0; n < N; ++n) {
    std::array<Vector, 6> db;  // weighted D B of node n
    for (int v = 0; v < 6; ++v)
      for (int j = 0; j < 3; ++j) {
        Pack sum = law.stiffness[v][0] * b[n][0][j];
        for (int u = 1; u < 6; ++u) sum += law.stiffness[v][u] * b[n][u][j];
        db[v][j] = w * sum;
      }
    const Vector& g = gradient[n];
    const auto& s = law.stress;
    const Vector sg{w * (s[0] * g[0] + s[5] * g[1] + s[4] * g[2]), w * (s[5] * g[0] + s[1] * g[1] + s[3] * g[2]),
                    w * (s[4] * g[0] + s[3] * g[1] + s[2] * g[2])};
    for (int m = 0; m <= n; ++m, ++pair) {  // block (m, n)
      const Pack geometric = gradient[m][0] * sg[0] + gradient[m][1] * sg[1] + gradient[m][2] * sg[2];
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          Pack sum = b[m][0][i] * db[0][j];
          for (int v = 1; v < 6; ++v) sum += b[m][v][i] * db[v][j];
          if (i == j) sum += geometric;
          r.stiffness[pair][3 * i + j] += sum;
        }
    }
    for (int i = 0; i < 3; ++i) {
      Pack sum = b[n][0][i] * law.pressure[0];
      for (int v = 1; v < 6; ++v) sum += b[n][v][i] * law.pressure[v];
      for (int q = 0; q < 4; ++q) r.coupling[n][q][i] += w * point.lambda[q] * sum;
    }
  }
}

template <int N>
inline void clear(bool tangent, ElementResult<N>& r) {
  const Pack zero = constant<Pack>(0);
  for (auto& f : r.force) f = {zero, zero, zero};
  r.dilation = {zero, zero, zero, zero};
  r.smallest_j = constant<Pack>(std::numeric_limits<double>::max());
  if (!tangent) return;
  for (auto& k : r.stiffness) k.fill(zero);
  for (auto& node : r.coupling)
    for (auto& k : node) k = {zero, zero, zero};
  r.compliance.fill(zero);
}

/// The deformation at a quadrature point and the stress of all parts of the law there.
template <int N>
struct AtPoint {
  std::array<Vector, N> gradient;
  Tensor f;
  Voigt c;
  Pack p;
  Law law;
};

template <int N, class M>
inline void stress_at(const M& material, const Tissue& tissue, const Point& point, std::size_t q,
                      const ElementGeometry& geometry, const ElementState<N>& state, const TensionAt& tension,
                      double rate, bool tangent, AtPoint<N>& here) {
  shape_gradients<N>(point, geometry.at[q].gradient, here.gradient);
  here.f = deformation(state.position, here.gradient);
  here.c = cauchy_green(here.f);
  here.p = point.lambda[0] * state.p[0];
  for (int a = 1; a < 4; ++a) here.p += point.lambda[a] * state.p[a];
  Law& law = here.law;
  passive(material, geometry.stiffness, tissue.augmentation, here.p, here.f, here.c, tangent, law);
  Pack stress, stiffness;
  active_stress(tissue.active, TensionAt::load(tension.amplitude, q), TensionAt::load(tension.slope, q),
                TensionAt::load(tension.from, q), here.c[0], stress, stiffness);
  law.stress[0] += stress;
  if (tangent) law.stiffness[0][0] += stiffness;
  const double viscous = tissue.viscosity * rate;
  if (viscous == 0) return;
  const Voigt before = cauchy_green(deformation(state.previous, here.gradient));
  for (int v = 0; v < 6; ++v) {
    law.stress[v] += 0.5 * viscous * (here.c[v] - before[v]);
    if (tangent) law.stiffness[v][v] += v < 3 ? viscous : 0.5 * viscous;
  }
}

template <int N, class M>
inline void evaluate_with(const M& material, const Tissue& tissue, const std::vector<Point>& points,
                          const ElementGeometry& geometry, const ElementState<N>& state, const TensionAt& tension,
                          double rate, bool tangent, ElementResult<N>& r) {
  clear(tangent, r);
  const double tau_scale = tissue.stabilisation / material.shear_modulus();
  AtPoint<N> here;
  for (std::size_t q = 0; q < points.size(); ++q) {
    const auto& at = geometry.at[q];
    stress_at(material, tissue, points[q], q, geometry, state, tension, rate, tangent, here);
    const auto& [gradient, f, c, p, law] = here;
    r.smallest_j = each2(r.smallest_j, law.j, [](double a, double b) { return b < a || b != b ? b : a; });
    std::array<std::array<Vector, 6>, N> b;
    for (int a = 0; a < N; ++a) strain_displacement(f, gradient[a], b[a]);
    add_forces<N>(b, law, at.volume, r);
    add_dilation<N>(tissue, points[q], at.gradient, p, state, tau_scale, law, at.volume, tangent, r);
    if (tangent) add_stiffness<N>(points[q], gradient, b, law, at.volume, r);
  }
}

/// One branch a law, each inlined into the clone it is compiled for.
template <class... Laws, class Use>
inline void with_law(const std::variant<Laws...>& material, const Use& use) {
  const auto try_law = [&](const auto* law) {
    if (law) use(*law);
  };
  (try_law(std::get_if<Laws>(&material)), ...);
}

template <int N>
inline void evaluate_any(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
                         const ElementState<N>& state, const TensionAt& tension, double rate, bool tangent,
                         ElementResult<N>& r) {
  with_law(tissue.material,
           [&](const auto& law) { evaluate_with<N>(law, tissue, points, geometry, state, tension, rate, tangent, r); });
}

}  // namespace

std::vector<Point> element_points(int degree) {
  const fem::Quadrature rule = fem::tetrahedron_quadrature(degree);
  std::vector<Point> points;
  for (std::size_t q = 0; q < rule.points.size(); ++q) {
    const Vec3& x = rule.points[q];
    points.push_back({6 * rule.weights[q], {1 - x[0] - x[1] - x[2], x[0], x[1], x[2]}});
  }
  return points;
}

CARDIOTWIN_CLONES
void evaluate(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
              const ElementState<10>& state, const TensionAt& tension, double rate, bool tangent,
              ElementResult<10>& result) {
  evaluate_any(tissue, points, geometry, state, tension, rate, tangent, result);
}

CARDIOTWIN_CLONES
void evaluate(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
              const ElementState<4>& state, const TensionAt& tension, double rate, bool tangent,
              ElementResult<4>& result) {
  evaluate_any(tissue, points, geometry, state, tension, rate, tangent, result);
}

template <int N>
void strains(const std::vector<Point>& points, const ElementGeometry& geometry, const ElementState<N>& state,
             std::vector<ElementStrain>& result) {
  result.resize(points.size());
  for (std::size_t q = 0; q < points.size(); ++q) {
    std::array<Vector, N> gradient;
    shape_gradients<N>(points[q], geometry.at[q].gradient, gradient);
    const Tensor f = deformation(state.position, gradient);
    result[q] = {green_strain(cauchy_green(f)), determinant(f)};
  }
}

template <int N>
void fibre_stress(const Tissue& tissue, const std::vector<Point>& points, const ElementGeometry& geometry,
                  const ElementState<N>& state, const TensionAt& tension, double rate, std::vector<Pack>& result) {
  result.resize(points.size());
  AtPoint<N> here;
  with_law(tissue.material, [&](const auto& law) {
    for (std::size_t q = 0; q < points.size(); ++q) {
      stress_at(law, tissue, points[q], q, geometry, state, tension, rate, false, here);
      const Voigt &c = here.c, &s = here.law.stress;
      const Vector v{c[0], c[5], c[4]};  // C f0
      const Pack vsv = v[0] * v[0] * s[0] + v[1] * v[1] * s[1] + v[2] * v[2] * s[2] +
                       2 * (v[1] * v[2] * s[3] + v[0] * v[2] * s[4] + v[0] * v[1] * s[5]);
      result[q] = vsv / (c[0] * here.law.j);
    }
  });
}
template void fibre_stress<4>(const Tissue&, const std::vector<Point>&, const ElementGeometry&, const ElementState<4>&,
                              const TensionAt&, double, std::vector<Pack>&);
template void fibre_stress<10>(const Tissue&, const std::vector<Point>&, const ElementGeometry&,
                               const ElementState<10>&, const TensionAt&, double, std::vector<Pack>&);
template void strains<4>(const std::vector<Point>&, const ElementGeometry&, const ElementState<4>&,
                         std::vector<ElementStrain>&);
template void strains<10>(const std::vector<Point>&, const ElementGeometry&, const ElementState<10>&,
                          std::vector<ElementStrain>&);

}  // namespace cardiotwin::mechanics
