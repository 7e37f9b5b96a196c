#pragma once
/// Functions of V in a table that is read row by row: all values of a row lie side by side, so that a cell touches a
/// few cache lines, whatever the number of functions. Linear interpolation; single precision. Gates that depend on V
/// alone have their steps in it.

#include <cmath>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "ionic_model.hpp"
#include "vector_math.hpp"

namespace cardiotwin::electrophysiology {

class RateTable {
 public:
  /// Beyond these potentials the table's ends hold [mV].
  static constexpr double lowest = -130, highest = 90, spacing = 0.05;

  /// `fill(V, row)` writes `columns` values (double *row).
  template <class Fill>
  RateTable(std::size_t columns, Fill fill) {
    std::vector<double> row(columns);
    for (std::size_t r = 0; r < rows + 2; ++r) {
      fill(lowest + static_cast<double>(r) * spacing, row.data());
      values_.insert(values_.end(), row.begin(), row.end());
    }
  }
  const float* data() const { return values_.data(); }

  /// First value of the row below V and the weight of the next row; NaN reads the first row.
  struct Place {
    std::size_t row;
    float weight;
  };
  CARDIOTWIN_INLINE static Place place(double potential) {
    double t = (potential - lowest) * (1 / spacing);
    t = t > 0 ? t : 0;
    t = t < static_cast<double>(rows) ? t : static_cast<double>(rows);
    const auto row = static_cast<int>(t);
    return {static_cast<std::size_t>(row), static_cast<float>(t - row)};
  }

 private:
  static constexpr std::size_t rows = static_cast<std::size_t>((highest - lowest) / spacing + 0.5);
  std::vector<float> values_;
};

/// Eight floats side by side; rows of a table are read and turned in such pieces.
using Eight = float __attribute__((vector_size(32)));

/// Rows become columns.
CARDIOTWIN_INLINE void transpose(Eight (&r)[8]) {
  Eight t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i : {0, 1, 4, 5}) {
    r[i] = __builtin_shufflevector(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 2] = __builtin_shufflevector(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    t[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (int i = 0; i < 8; ++i) r[i] = t[i];
}

/// The first `used` functions at the potentials of `cells` cells (a multiple of 8): values[q * block + c].
template <std::size_t columns, std::size_t used = columns>
CARDIOTWIN_INLINE void read_table(const float* table, std::size_t cells, const double* potential, float* values) {
  static_assert(used % 8 == 0 && used <= columns);
  for (std::size_t first = 0; first < cells; first += 8) {
    const float* below[8];
    float weight[8];
    for (std::size_t c = 0; c < 8; ++c) {
      const auto place = RateTable::place(potential[first + c]);
      below[c] = table + place.row * columns;
      weight[c] = place.weight;
    }
    for (std::size_t q = 0; q < used; q += 8) {
      Eight rows[8];
      for (std::size_t c = 0; c < 8; ++c) {
        Eight low, high;
        std::memcpy(&low, below[c] + q, sizeof low);
        std::memcpy(&high, below[c] + q + columns, sizeof high);
        rows[c] = low + weight[c] * (high - low);
      }
      transpose(rows);
      for (std::size_t i = 0; i < 8; ++i) std::memcpy(values + (q + i) * block + first, &rows[i], sizeof rows[i]);
    }
  }
}

/// Steady state and time constant [ms] of a gate at V.
struct Gate {
  double steady, tau;
};

/// Columns for a step of each gate: its steady state and the part 1 - e^(-dt/tau) of the way to it (Rush and Larsen).
inline void fill_gates(std::span<const Gate> gates, double time_step_ms, double* row) {
  for (const Gate& gate : gates) {
    *row++ = gate.steady;
    *row++ = -std::expm1(-time_step_ms / gate.tau);
  }
}

/// The step of the first `gates` variables with what was read of these columns.
CARDIOTWIN_INLINE void advance_gates(std::size_t gates, std::size_t cells, const float* tabled, double* state) {
  for (std::size_t k = 0; k < gates; ++k) {
    double* y = state + k * block;
    const float *steady = tabled + 2 * k * block, *part = steady + block;
#pragma GCC ivdep
    for (std::size_t c = 0; c < cells; ++c) y[c] += (steady[c] - y[c]) * part[c];
  }
}

}  // namespace cardiotwin::electrophysiology
